import { constants, createHmac, sign } from 'node:crypto';

import type { TestKey } from './test-key.js';

/**
 * What stands in one part of a token: an object becomes JSON, bytes and text stay as they are.
 * @publicApi
 */
export type JwtPart = object | string | Uint8Array;

/** Signs bytes with a key, whatever they are (RFC 7518 section 3). @publicApi */
export function signBytes({ algorithm, signingKey }: TestKey, input: string): Buffer {
  const bytes = Buffer.from(input);
  const hash = `sha${algorithm.slice(2)}`;
  if (algorithm.startsWith('HS')) return createHmac(hash, signingKey).update(bytes).digest();
  if (algorithm === 'EdDSA') return sign(null, bytes, signingKey);
  return sign(hash, bytes, { key: signingKey, ...signatureForms[algorithm.slice(0, 2)] });
}

/**
 * Makes a compact JWS (RFC 7515 section 7.1) of any header and claims, sensible or not; without a
 * key, the given signature (nothing unless told) is appended.
 * @publicApi
 */
export function compactJwt(
  header: JwtPart,
  claims: JwtPart,
  signature: TestKey | Uint8Array = new Uint8Array(),
): string {
  const input = `${encodePart(header)}.${encodePart(claims)}`;
  const bytes = signature instanceof Uint8Array ? signature : signBytes(signature, input);
  return `${input}.${Buffer.from(bytes).toString('base64url')}`;
}

/** Base64url without padding of one part. @publicApi */
export function encodePart(part: JwtPart): string {
  if (part instanceof Uint8Array) return Buffer.from(part).toString('base64url');
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
}

const signatureForms: Readonly<Record<string, object>> = {
  RS: { padding: constants.RSA_PKCS1_PADDING },
  PS: {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  },
  ES: { dsaEncoding: 'ieee-p1363' },
};
