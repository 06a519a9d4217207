import { createHash } from 'node:crypto';

import { aProof, aToken, createTestKey, type TokenBuilder } from '@countersign/testing';
import { bodyDigest } from '@countersign/token';

import type { Actor } from './actor.js';
import { tamperings, type Tampering } from './tampering.js';

/** What a token is made for. @internal */
export interface Occasion {
  readonly audience: string;
  readonly method: string;
  readonly target: string;
  readonly content: Uint8Array;
  /** What the application calls itself outside; without it no URL is signed, and no proof made. */
  readonly publicUrl: string | undefined;
  readonly tampering?: Tampering | undefined;
  /** Leaves out what binds a token to a request. */
  readonly isUnsigned?: boolean | undefined;
  /** Binds the token to a key, and proves that the sender holds it (RFC 9449). */
  readonly isConstrained?: boolean | undefined;
}

/** The key that constrained tokens are bound to. */
const senderKey = createTestKey('ES256', 'sender');

/**
 * The header fields that carry the actor's token for one request. A service that signs its own tokens
 * signs the request too, as its client does for bound routes.
 * @internal
 */
export function credentialsOf(actor: Actor, occasion: Occasion): Record<string, string> {
  const { speaker } = actor;
  const { tampering } = occasion;
  const good = constrained(signedFor(tokenOf(actor, occasion.audience), actor, occasion), occasion);
  const token = tampering ? tamperings[tampering].change(good, speaker) : good;
  const signed = token.sign();
  const { carrier } = speaker.entry;
  if (carrier !== 'Bearer') return { [carrier.toLowerCase()]: signed };
  const url = urlOf({ ...occasion, target: occasion.target.replace(/\?.*$/s, '') });
  if (occasion.isConstrained !== true || url === undefined)
    return { authorization: `Bearer ${signed}` };
  const now = speaker.issuer.clock.now();
  const proven = { key: senderKey, method: occasion.method, url, accessToken: signed, now };
  return { authorization: `DPoP ${signed}`, dpop: aProof(proven) };
}

function tokenOf({ speaker, clientId, subject, scopes }: Actor, audience: string): TokenBuilder {
  const { issuer, entry } = speaker;
  const usual = entry.kind === 'service-peer' ? 60 : 300;
  const token = aToken()
    .from(issuer)
    .to(audience)
    .caller(clientId)
    .lifetime(`${Math.min(usual, entry.maxLifetime)}s`);
  // A `scope` that holds none is no scope-token list (RFC 6749 section 3.3).
  const able = scopes.length === 0 ? token : token.scopes(...scopes);
  return subject === undefined ? able : able.onBehalfOf(subject);
}

function signedFor(token: TokenBuilder, { speaker }: Actor, occasion: Occasion): TokenBuilder {
  if (speaker.entry.kind !== 'service-peer' || occasion.isUnsigned === true) return token;
  const url = urlOf(occasion);
  const content = token.claim('bdy', bodyDigest(occasion.content));
  return url === undefined ? content : content.claim('htm', occasion.method).claim('htu', url);
}

function constrained(token: TokenBuilder, { isConstrained }: Occasion): TokenBuilder {
  if (isConstrained !== true) return token;
  const { crv, kty, x, y } = senderKey.jwk;
  // RFC 7638 section 3.2: these members, in this order.
  const thumbprint = createHash('sha256').update(JSON.stringify({ crv, kty, x, y }));
  return token.claim('cnf', { jkt: thumbprint.digest('base64url') });
}

const urlOf = ({ publicUrl, target }: Occasion): string | undefined =>
  publicUrl === undefined ? undefined : publicUrl.replace(/\/$/, '') + target;
