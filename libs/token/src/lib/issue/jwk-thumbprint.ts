import { createHash, type JsonWebKey } from 'node:crypto';

const required: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
};

/**
 * The SHA-256 thumbprint of a public key (RFC 7638 section 3): its required members, by name.
 *
 * Throws a `TypeError` for other key types: the thumbprint of a secret would be a hint at it.
 * @internal
 */
export function jwkThumbprint(jwk: JsonWebKey): string {
  return createHash('sha256')
    .update(JSON.stringify(publicMembers(jwk)))
    .digest('base64url');
}

/** The required members of a public key, by name, and nothing private. @internal */
export function publicMembers(jwk: JsonWebKey): JsonWebKey {
  const names = required[String(jwk.kty)];
  if (names === undefined) throw new TypeError('a thumbprint is for public keys');
  return Object.fromEntries(names.map((name) => [name, jwk[name]]));
}
