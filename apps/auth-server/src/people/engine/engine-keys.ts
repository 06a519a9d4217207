import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';

import type { SigningKeys } from '@countersign/runtime';
import type { Signer } from '@countersign/token';
import type { ExternalSigningKey } from 'oidc-provider';

import type { EngineLibrary } from './engine-library.js';

/** What the engine signs and verifies with. */
export interface EngineKeys {
  /** The one that signs comes first: the engine takes the first that fits. */
  readonly keys: readonly ExternalSigningKey[];
  /** What tells these keys from others. */
  readonly version: object;
}

/**
 * The keys of a ring as the engine takes them: it gets signatures and public halves, never a private
 * key. Throws SigningKeysUnavailable (503) when this process may have missed a change of keys.
 */
export function engineKeys(library: EngineLibrary, ring: SigningKeys): EngineKeys {
  const { document } = ring;
  const signer = ring.signer();
  const { keys } = JSON.parse(document.body.toString()) as { keys: JsonWebKey[] };
  const isSigner = (jwk: JsonWebKey) => jwk['kid'] === signer.kid;
  const ordered = [...keys.filter(isSigner), ...keys.filter((jwk) => !isSigner(jwk))];
  return {
    version: document,
    keys: ordered.map((jwk) => keyOf(library, jwk, isSigner(jwk) ? signer : undefined)),
  };
}

function keyOf(
  { ExternalSigningKey: Base }: EngineLibrary,
  jwk: JsonWebKey,
  signer: Signer | undefined,
): ExternalSigningKey {
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
  class RingKey extends Base {
    override get kid(): string {
      return String(jwk['kid']);
    }
    override get alg(): string {
      return String(jwk['alg']);
    }
    override keyObject(): KeyObject {
      return publicKey;
    }
    override sign(data: Uint8Array): Promise<Uint8Array> | Uint8Array {
      if (signer === undefined) throw new Error('this key does not sign any more, or not yet');
      return signer.sign(Buffer.from(data));
    }
  }
  return new RingKey();
}
