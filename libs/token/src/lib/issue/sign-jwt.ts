import type { JsonObject } from '../types.js';
import { assertJson } from './assert-json.js';
import type { Signer } from './create-signer.js';

/**
 * Signs a claims set as a compact JWT with the header `alg`, `typ`, `kid`, and `jwk` for what the key
 * itself vouches for (RFC 9449 section 4.2).
 *
 * Throws a `TypeError` for claims that JSON would change in silence (undefined, NaN, a Date, a
 * function): what is signed must be what was meant. Adds no claim of its own.
 *
 * @example
 * const token = await signJwt(signer, 'at+jwt', { iss, aud, sub, client_id, jti, iat, exp });
 * @publicApi
 */
export async function signJwt(
  signer: Signer,
  typ: string,
  claims: JsonObject,
  jwk?: JsonObject,
): Promise<string> {
  assertJson(claims, 'claims');
  const { algorithm: alg, kid } = signer;
  const header = {
    alg,
    typ,
    ...(kid !== undefined && { kid }),
    ...(jwk !== undefined && { jwk }),
  };
  const input = `${encode(header)}.${encode(claims)}`;
  const signature = await signer.sign(Buffer.from(input, 'latin1'));
  return `${input}.${signature.toString('base64url')}`;
}

function encode(value: JsonObject): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
