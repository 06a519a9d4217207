import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { UnusableKeyError } from '../src/lib/keys/unusable-key-error.js';
import { importKeySet } from '../src/lib/keys/import-key-set.js';
import { importVerificationKey } from '../src/lib/keys/import-verification-key.js';
import type { Algorithm, Json } from '../src/lib/types.js';

/** Wycheproof, json_web_key_test: keys that a library must or must not use. */
interface KeyVectors {
  readonly testGroups: readonly {
    readonly comment: string;
    readonly public?: Json;
    readonly private: Json;
    readonly tests: readonly { readonly tcId: number; readonly result: 'valid' | 'invalid' }[];
  }[];
}

const file = join(__dirname, 'vectors/wycheproof/json_web_key_test.json');
const { testGroups } = JSON.parse(readFileSync(file, 'utf8')) as KeyVectors;

const algorithms: readonly Algorithm[] = ['RS256', 'ES256', 'ES384', 'HS256', 'HS384', 'HS512'];

/** Faults of the keys that verify the vectors of a group, `usable` for those that may be used. */
function faultsOf(tcId: number): readonly string[] {
  const group = testGroups.find(({ tests }) => tests.some((test) => test.tcId === tcId));
  const set = (group?.public ?? group?.private) as { keys?: readonly Json[] };
  return (set.keys ?? [set as Json]).map((jwk) => {
    try {
      importVerificationKey(jwk, algorithms, { symmetric: group?.public === undefined });
      return 'usable';
    } catch (error) {
      return error instanceof UnusableKeyError ? error.fault : 'crash';
    }
  });
}

// 3 is a good key with a bad signature; 1 and 4 are sets, below.
const expected: Readonly<Record<number, readonly string[]>> = {
  2: ['usable', 'usable'],
  5: ['usable'],
  6: ['use_not_sig'],
  7: ['rsa_roca'],
  8: ['rsa_size'],
  9: ['rsa_exponent'],
  10: ['secret_too_short'],
  11: ['secret_too_short'],
  12: ['secret_too_short'],
  13: ['usable'],
  14: ['usable'],
  15: ['usable'],
  16: ['member_malformed'],
  17: ['member_malformed'],
  18: ['member_malformed'],
  19: ['algorithm_forbidden'],
  20: ['algorithm_forbidden'],
  21: ['use_not_sig'],
  22: ['point_not_on_curve'],
  23: ['algorithm_forbidden'],
  24: ['algorithm_forbidden'],
  25: ['algorithm_forbidden'],
  26: ['algorithm_forbidden'],
};

describe('importVerificationKey and the Wycheproof key vectors', () => {
  const ids = testGroups.flatMap(({ tests }) => tests.map(({ tcId }) => tcId));

  it('leaves out no vector', () => {
    expect(ids.filter((id) => !(id in expected))).toEqual([1, 3, 4]);
  });

  it.each(Object.entries(expected))('says of vector %s: %j', (id, faults) => {
    expect(faultsOf(Number(id))).toEqual(faults);
  });

  it('uses no secret of a mixed set (1), and no key of those that share a kid (4)', () => {
    const keysOf = (comment: string) =>
      (testGroups.find((group) => group.comment === comment)?.private as { keys: Json[] }).keys;
    expect(importKeySet(keysOf('jws_mixedSymmetryKeyset'), algorithms)).toMatchObject({
      keys: new Map([['kid-ec-sign', expect.anything()]]),
      dropped: [{ kid: 'kid-aes-sign', fault: 'symmetric_key' }],
    });
    const options = { symmetric: true };
    expect(importKeySet(keysOf('jws_duplicate_kid'), algorithms, options)).toMatchObject({
      keys: new Map(),
      dropped: [{ fault: 'kid_duplicate' }, { fault: 'member_malformed' }],
    });
  });
});
