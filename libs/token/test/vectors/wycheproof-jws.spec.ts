/** Wycheproof's vectors of whole JWS, through strict parsing, key import and verification. */
import type { JsonWebKey } from 'node:crypto';

import { AccessError } from '../../src/lib/errors.js';
import { parseCompactJws } from '../../src/lib/extract/parse-compact-jws.js';
import { asymmetricAlgorithms } from '../../src/lib/issue/generate-signing-key.js';
import { staticKeys } from '../../src/lib/keys/static-keys.js';
import type { Algorithm, KeyStore, VerificationKey } from '../../src/lib/types.js';
import { verifySignature } from '../../src/lib/verify/verify-signature.js';
import { judge, loadGroups, type Vector, type VectorGroup } from './load-vectors.js';

const algorithms: readonly Algorithm[] = [...asymmetricAlgorithms, 'HS256', 'HS384', 'HS512'];

/** The keys of a group as configuration would hold them, or `undefined` where boot refuses them. */
function storeOf(group: VectorGroup): KeyStore | undefined {
  const given = (group['public'] ?? group['private']) as JsonWebKey & { keys?: JsonWebKey[] };
  const jwks = given.keys ?? [given];
  // Secrets are never read from a set that also holds public keys: one entry, one kind of trust.
  const symmetric = jwks.every(({ kty }) => kty === 'oct');
  try {
    return staticKeys(jwks, algorithms, { symmetric });
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function accepts({ jws }: Vector, group: VectorGroup): boolean {
  const store = storeOf(group);
  if (store === undefined) return false;
  try {
    const parsed = parseCompactJws(typeof jws === 'string' ? jws : JSON.stringify(jws));
    const { alg, kid } = parsed.header as { alg: Algorithm; kid?: string };
    const key = store.find({ kid, algorithm: alg, issuedAt: 0 }) as VerificationKey;
    return verifySignature(parsed, key);
  } catch (error) {
    if (error instanceof AccessError) return false;
    throw error;
  }
}

describe('Wycheproof json_web_signature', () => {
  const { accepted, refused } = judge(loadGroups('json_web_signature'), accepts);

  /**
   * Valid vectors that are refused:
   * - 346, 350: the key says PS256, the header PS384; here one key serves one algorithm.
   * - 347, 351: the key says `ES521`, which is no algorithm (RFC 7518 section 3.1 has ES512).
   * - 372, 373: a character outside base64url stands in header or payload, which RFC 7515 section 2
   *   does not allow; their like (363, 364, 366, 369) is invalid in the same file.
   */
  const refusedOnPurpose = [346, 347, 350, 351, 372, 373];

  /** Invalid vectors that are accepted: 367 and 370 are byte for byte the valid vector 357. */
  const sameAsValid = [367, 370];

  it('accepts every valid vector but those that contradict stricter rules', () => {
    expect(refused.valid).toEqual(refusedOnPurpose);
    expect(accepted.valid).toHaveLength(40);
  });

  it('refuses every invalid vector but those that are the same bytes as a valid one', () => {
    expect(accepted.invalid).toEqual(sameAsValid);
    expect(refused.invalid).toHaveLength(353);
  });

  it('lists as the same bytes only what is the same bytes', () => {
    const all = loadGroups('json_web_signature').flatMap(({ tests }) => tests);
    const jwsOf = (id: number) => all.find(({ tcId }) => tcId === id)?.['jws'];
    for (const id of sameAsValid) expect(jwsOf(id)).toBe(jwsOf(357));
  });

  it('has no vector that may go either way', () => {
    expect([...accepted.acceptable, ...refused.acceptable]).toEqual([]);
  });
});

describe.each([
  ['json_web_crypto', [1, 18, 33, 48], 45],
  ['json_web_key', [2, 5, 13, 14, 15], 21],
])('Wycheproof %s', (name, valid, invalid) => {
  const signed = loadGroups(name).map((group) => ({
    ...group,
    tests: group.tests.filter((vector) => 'jws' in vector),
  }));
  const { accepted, refused } = judge(signed, accepts);

  it('accepts every valid JWS', () => {
    expect(accepted.valid).toEqual(valid);
    expect(refused.valid).toEqual([]);
  });

  it('refuses every invalid JWS, weak key and ambiguous set', () => {
    expect(accepted.invalid).toEqual([]);
    expect(refused.invalid).toHaveLength(invalid);
  });
});
