import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';

import type { Algorithm } from '@countersign/token';

/** A real key for tests; it lives in memory only. @publicApi */
export interface TestKey {
  readonly algorithm: Algorithm;
  readonly kid: string;
  /** Signs: a private key, or the shared secret. */
  readonly signingKey: KeyObject;
  /** Verifies: the public JWK with `kid`, `alg` and `use`, or the shared secret as a JWK. */
  readonly jwk: JsonWebKey;
}

/** Makes a key for one algorithm; the size is the smallest that the library accepts. @publicApi */
export function createTestKey(algorithm: Algorithm, kid = 'test-key'): TestKey {
  const { signingKey, verificationKey } = generate(algorithm);
  const jwk = { ...verificationKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' };
  return Object.freeze({ algorithm, kid, signingKey, jwk: Object.freeze(jwk) });
}

function generate(algorithm: Algorithm): { signingKey: KeyObject; verificationKey: KeyObject } {
  if (algorithm.startsWith('HS')) {
    const secret = createSecretKey(randomBytes(Number(algorithm.slice(2)) / 8));
    return { signingKey: secret, verificationKey: secret };
  }
  const { privateKey, publicKey } = generatePair(algorithm);
  return { signingKey: privateKey, verificationKey: publicKey };
}

function generatePair(algorithm: Algorithm): { privateKey: KeyObject; publicKey: KeyObject } {
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519');
  if (!algorithm.startsWith('ES')) return generateKeyPairSync('rsa', { modulusLength: 2048 });
  const namedCurve = { ES256: 'P-256', ES384: 'P-384' }[algorithm as string] ?? 'P-521';
  return generateKeyPairSync('ec', { namedCurve });
}
