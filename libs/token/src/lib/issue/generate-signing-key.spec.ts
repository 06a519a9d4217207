import { createPublicKey, createPrivateKey } from 'node:crypto';

import { calculateJwkThumbprint } from 'jose';

import { importVerificationKey } from '../keys/import-verification-key.js';
import { generateSigningKey, type AsymmetricAlgorithm } from './generate-signing-key.js';
import { jwkThumbprint } from './jwk-thumbprint.js';

const algorithms: AsymmetricAlgorithm[] = ['RS256', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

describe('generateSigningKey', () => {
  it.each(algorithms)('makes a pair for %s that says what it is for', async (algorithm) => {
    const { privateJwk, publicJwk } = await generateSigningKey(algorithm);
    const kid = await calculateJwkThumbprint(publicJwk as never);
    expect(privateJwk).toMatchObject({ kid, alg: algorithm, use: 'sig' });
    expect(publicJwk).toMatchObject({ kid, alg: algorithm, use: 'sig' });
    const derived = createPublicKey(createPrivateKey({ key: privateJwk, format: 'jwk' }));
    expect(publicJwk).toMatchObject(derived.export({ format: 'jwk' }));
  });

  it.each(algorithms)('publishes an %s key that verifiers take', async (algorithm) => {
    const { privateJwk, publicJwk } = await generateSigningKey(algorithm);
    expect(importVerificationKey(publicJwk, [algorithm])).toMatchObject({ algorithm });
    const secrets = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'];
    expect(Object.keys(publicJwk).filter((name) => secrets.includes(name))).toEqual([]);
    expect(privateJwk.d).toBeDefined();
  });

  it('never makes the same key twice', async () => {
    const [one, two] = await Promise.all([
      generateSigningKey('EdDSA'),
      generateSigningKey('EdDSA'),
    ]);
    expect(one.publicJwk.kid).not.toBe(two.publicJwk.kid);
  });

  it.each(['HS256', 'none', 'toString'])('refuses %s', async (algorithm) => {
    await expect(generateSigningKey(algorithm as 'ES256')).rejects.toThrow(TypeError);
  });
});

describe('jwkThumbprint', () => {
  it('gives the thumbprint of RFC 8037 appendix A.3', () => {
    const x = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';
    const thumbprint = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k';
    expect(jwkThumbprint({ x, crv: 'Ed25519', kty: 'OKP', kid: 'any' })).toBe(thumbprint);
  });

  it('refuses the key whose thumbprint would hint at a secret', () => {
    expect(() => jwkThumbprint({ kty: 'oct', k: 'AA' })).toThrow(TypeError);
  });
});
