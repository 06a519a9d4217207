import { createHash, timingSafeEqual } from 'node:crypto';

import { refuse } from '../refuse.js';
import type { VerifiedToken } from '../types.js';
import { bodyDigest } from './body-digest.js';

/** A `bdy` claim of a known form. @internal */
export interface Digest {
  readonly algorithm: 'sha-256' | 'md5';
  readonly value: string;
}

const sha256 = /^[\w-]{43}$/;
const md5 = /^[0-9a-f]{32}$/;

/**
 * Reads the `bdy` claim: base64url of a SHA-256, without padding. From an issuer marked legacy
 * also an MD5 as lower-case hex, which only shows that nothing was damaged: two bodies with one MD5
 * are cheap to make.
 *
 * Refuses with CLAIM_INVALID a claim that is missing, not a string, or in any other spelling.
 * @internal
 */
export function readDigest({ claims, issuer }: VerifiedToken): Digest {
  const { bdy } = claims;
  const isLegacy = issuer.profile.name === 'legacy-service-token';
  if (typeof bdy === 'string') {
    if (sha256.test(bdy)) return { algorithm: 'sha-256', value: bdy };
    if (isLegacy && md5.test(bdy)) return { algorithm: 'md5', value: bdy };
  }
  return refuse('CLAIM_INVALID', {
    check: 'bdy',
    issuer: issuer.name,
    expected: `bdy as base64url of a SHA-256${isLegacy ? ', or lower-case hex of an MD5' : ''}`,
    got: typeof bdy === 'string' ? 'a string of another form' : typeof bdy,
    fix: 'sign the digest of the content as it is sent',
  });
}

/** Compares a digest with the content; refuses with BODY_MISMATCH. @internal */
export function checkDigest(
  { algorithm, value }: Digest,
  content: Uint8Array,
  { issuer }: VerifiedToken,
): void {
  const actual =
    algorithm === 'md5' ? createHash('md5').update(content).digest('hex') : bodyDigest(content);
  // As text, so that no second spelling of the last base64url character passes; of equal length.
  if (timingSafeEqual(Buffer.from(actual), Buffer.from(value))) return;
  refuse('BODY_MISMATCH', {
    check: 'bdy',
    issuer: issuer.name,
    expected: `content with the ${algorithm} that the token holds`,
    got: `${content.byteLength} bytes with another`,
    fix: 'send the bytes that were hashed, unchanged on the way',
  });
}
