import { generateKeyPair, type JsonWebKey, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

import type { Algorithm } from '../types.js';
import { jwkThumbprint } from './jwk-thumbprint.js';

/** Algorithms with a private and a public key. @publicApi */
export const asymmetricAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const satisfies readonly Algorithm[];

/** One of them. @publicApi */
export type AsymmetricAlgorithm = (typeof asymmetricAlgorithms)[number];

/** A JWK that says what it is for. @publicApi */
export interface SigningJwk extends JsonWebKey {
  readonly kid: string;
  readonly alg: AsymmetricAlgorithm;
  readonly use: 'sig';
}

/** A fresh key pair; only `publicJwk` may leave the process. @publicApi */
export interface SigningKey {
  readonly privateJwk: SigningJwk;
  readonly publicJwk: SigningJwk;
}

interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const generate = promisify(generateKeyPair);
const rsa = () => generate('rsa', { modulusLength: 2048 });
const ec = (namedCurve: string) => () => generate('ec', { namedCurve });

const generators: Readonly<Record<AsymmetricAlgorithm, () => Promise<KeyPair>>> = {
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
  ES256: ec('P-256'),
  ES384: ec('P-384'),
  ES512: ec('P-521'),
  EdDSA: () => generate('ed25519'),
};

/**
 * Makes a key pair for one algorithm (RSA with 2048 bits), off the event loop.
 *
 * Both JWKs carry `alg`, `use` and, as `kid`, the RFC 7638 thumbprint, which no two keys share.
 * Rejects with a `TypeError` for an algorithm without a public key.
 * @publicApi
 */
export async function generateSigningKey(algorithm: AsymmetricAlgorithm): Promise<SigningKey> {
  if (!Object.hasOwn(generators, algorithm)) throw new TypeError(`no key pair for ${algorithm}`);
  const { privateKey, publicKey } = await generators[algorithm]();
  const publicMembers = publicKey.export({ format: 'jwk' });
  const purpose = { kid: jwkThumbprint(publicMembers), alg: algorithm, use: 'sig' } as const;
  return {
    privateJwk: { ...privateKey.export({ format: 'jwk' }), ...purpose },
    publicJwk: { ...publicMembers, ...purpose },
  };
}
