import { createHash } from 'node:crypto';

import type { Signer, SigningJwk } from '@countersign/token';
import { createSigner } from '@countersign/token';

import type { SigningKeyStore } from './signing-key-store.js';

/** The published keys as one document, made once. @publicApi */
export interface PublishedKeySet {
  readonly body: string;
  /** Strong validator (RFC 9110 section 8.8.3). */
  readonly etag: string;
}

/** The signing keys of this service: what signs now, and what others verify with. @publicApi */
export class SigningKeys {
  private constructor(
    private readonly current: Signer,
    /** The JWK Set that the service publishes. */
    readonly document: PublishedKeySet,
  ) {}

  /** Loads the keys, and makes the first one (ES256) if there is none. @internal */
  static async load(store: SigningKeyStore): Promise<SigningKeys> {
    const { kid, algorithm, privateJwk } = await store.active('ES256');
    const keys = (await store.published()).map(publicMembers);
    return new SigningKeys(
      createSigner({ algorithm, kid, privateKey: privateJwk }),
      documentOf({ keys }),
    );
  }

  /** What signs the tokens of this service now. */
  signer(): Signer {
    return this.current;
  }
}

const publicNames = ['kty', 'kid', 'alg', 'use', 'crv', 'x', 'y', 'n', 'e'];

/** Only members known to be public: whatever else a row holds never leaves. */
function publicMembers(jwk: SigningJwk): Record<string, unknown> {
  return Object.fromEntries(Object.entries(jwk).filter(([name]) => publicNames.includes(name)));
}

function documentOf(keySet: object): PublishedKeySet {
  const body = JSON.stringify(keySet);
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url')}"` };
}
