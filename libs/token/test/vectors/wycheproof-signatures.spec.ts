/** Wycheproof's vectors of bare signatures, through the very function that verifies tokens. */
import { createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from 'node:crypto';

import { importVerificationKey } from '../../src/lib/keys/import-verification-key.js';
import type { Algorithm } from '../../src/lib/types.js';
import { verifySignature } from '../../src/lib/verify/verify-signature.js';
import { judge, loadGroups, type Vector, type VectorGroup } from './load-vectors.js';

const bytes = (hex: unknown) => Buffer.from(String(hex), 'hex');

function holds(algorithm: Algorithm, key: KeyObject, vector: Vector): boolean {
  const parsed = {
    header: { alg: algorithm },
    signingInput: bytes(vector['msg']),
    signature: bytes(vector['sig'] ?? vector['tag']),
  };
  return verifySignature(parsed, { kid: undefined, algorithm, key });
}

const ofGroup =
  (algorithm: Algorithm) =>
  (vector: Vector, { publicKeyDer }: VectorGroup) =>
    holds(
      algorithm,
      createPublicKey({ key: bytes(publicKeyDer), format: 'der', type: 'spki' }),
      vector,
    );

describe.each<[name: string, algorithm: Algorithm, valid: number, invalid: number]>([
  ['ecdsa_secp256r1_sha256_p1363', 'ES256', 173, 89],
  ['ed25519', 'EdDSA', 88, 63],
  ['rsa_pss_2048_sha256_mgf1_32', 'PS256', 63, 45],
  ['rsa_signature_2048_sha256', 'RS256', 9, 249],
])('Wycheproof %s', (name, algorithm, valid, invalid) => {
  const groups = loadGroups(name);
  const { accepted, refused } = judge(groups, ofGroup(algorithm));

  it('accepts every valid signature', () => {
    expect(refused.valid).toEqual([]);
    expect(accepted.valid).toHaveLength(valid);
  });

  it('refuses every invalid signature', () => {
    expect(accepted.invalid).toEqual([]);
    expect(refused.invalid).toHaveLength(invalid);
  });

  // RFC 8017 appendix A.2.4 wants the NULL that one PKCS #1 vector leaves out.
  it('refuses what may go either way', () => {
    expect(accepted.acceptable).toEqual([]);
  });

  it('imports every key of the file that is given as a JWK', () => {
    const jwks = groups.flatMap(({ publicKeyJwk, keyJwk }) => publicKeyJwk ?? keyJwk ?? []);
    for (const jwk of jwks as JsonWebKey[])
      expect(importVerificationKey(jwk, [algorithm]).algorithm).toBe(algorithm);
  });
});

describe('Wycheproof hmac_sha256', () => {
  const groups = loadGroups('hmac_sha256');
  const accepts = (vector: Vector) => holds('HS256', createSecretKey(bytes(vector['key'])), vector);

  it('accepts every valid and refuses every invalid tag of full length', () => {
    const { accepted, refused } = judge(
      groups.filter(({ tagSize }) => tagSize === 256),
      accepts,
    );
    expect([refused.valid, accepted.invalid]).toEqual([[], []]);
    expect([accepted.valid.length, refused.invalid.length]).toEqual([33, 54]);
  });

  // RFC 7518 section 3.2 has no truncated tags: the valid ones of the file are refused too.
  it('refuses every truncated tag', () => {
    const { accepted, refused } = judge(
      groups.filter(({ tagSize }) => tagSize === 128),
      accepts,
    );
    expect([accepted.valid, accepted.invalid]).toEqual([[], []]);
    expect([refused.valid.length, refused.invalid.length]).toEqual([33, 54]);
  });
});
