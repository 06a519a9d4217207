/** Wycheproof's vectors of JWE, through strict parsing, key import and decryption. */
import type { JsonWebKey } from 'node:crypto';

import { decryptJwe } from '../../src/lib/encryption/decrypt-jwe.js';
import { decryptionKeys } from '../../src/lib/encryption/decryption-keys.js';
import {
  contentEncryptions,
  keyManagementAlgorithms,
} from '../../src/lib/encryption/encryption-algorithms.js';
import { importDecryptionKey } from '../../src/lib/encryption/encryption-key.js';
import { parseCompactJwe } from '../../src/lib/encryption/parse-compact-jwe.js';
import { AccessError } from '../../src/lib/errors.js';
import { judgeEach, loadGroups, type Vector, type VectorGroup } from './load-vectors.js';

/** Ways to agree on or wrap a key that are not offered, and why: what needs them is refused. */
const otherAlgorithms: Readonly<Record<string, string>> = {
  A128KW: 'a secret that both sides hold: whoever reads tokens could also write them',
  A192KW: 'as A128KW',
  A256KW: 'as A128KW',
  A128GCMKW: 'as A128KW',
  A192GCMKW: 'as A128KW',
  A256GCMKW: 'as A128KW',
  A128GCM: 'as A128KW: the key of a vector whose header says `dir`',
  'ECDH-ES+A128KW': 'one key wrap is enough: ECDH-ES+A256KW',
  'ECDH-ES+A192KW': 'as ECDH-ES+A128KW',
  'RSA-OAEP': 'it rests on SHA-1; RSA-OAEP-256 is offered',
  RSA1_5: 'its padding tells whoever asks often enough (RFC 8725 section 3.2)',
};

/** Ways to encrypt content that are not offered, and why. */
const otherEncryptions: Readonly<Record<string, string>> = {
  A192GCM: 'nobody needs a third length of key',
  'A128CBC-HS256': 'the GCM modes and A256CBC-HS512 are enough',
  'A192CBC-HS384': 'as A192GCM',
};

const groups = loadGroups('json_web_encryption');
const keyOf = (group: VectorGroup) => group['private'] as JsonWebKey & { readonly alg: string };
const textOf = ({ jwe }: Vector) => (typeof jwe === 'string' ? jwe : JSON.stringify(jwe));
const isOffered = (vector: Vector, group: VectorGroup) =>
  !(keyOf(group).alg in otherAlgorithms) && !(String(vector['enc']) in otherEncryptions);

/** Whether these bytes come out; what is refused is refused by name, at the key or at the token. */
async function decrypts(vector: Vector, group: VectorGroup): Promise<boolean> {
  try {
    const key = importDecryptionKey(keyOf(group), 'decryption');
    const jwe = textOf(vector);
    const content = await decryptJwe(jwe, parseCompactJwe(jwe, 8192), key);
    return content.toString('hex') === vector['pt'];
  } catch (error) {
    if (error instanceof AccessError || error instanceof TypeError) return false;
    throw error;
  }
}

describe('Wycheproof json_web_encryption', () => {
  const judged = judgeEach(groups, decrypts);

  const accepted = [62, 66, 68, 76, 78, 81, 88, 90, 93, 121];

  it('decrypts every valid vector whose algorithms are offered', async () => {
    expect((await judged).accepted.valid).toEqual(accepted);
    const offered = groups.flatMap((group) =>
      group.tests.filter((vector) => vector.result === 'valid' && isOffered(vector, group)),
    );
    expect(offered.map(({ tcId }) => tcId)).toEqual(accepted);
  });

  it('refuses every other, valid or not', async () => {
    const { accepted, refused } = await judged;
    expect([accepted.invalid, accepted.acceptable]).toEqual([[], []]);
    expect([refused.valid.length, refused.invalid.length, refused.acceptable]).toEqual([
      55,
      74,
      [],
    ]);
  });

  it('knows a reason for every algorithm that is not offered, and no other', () => {
    const algorithms = groups.map((group) => keyOf(group).alg);
    const encryptions = groups.flatMap(({ tests }) => tests.map(({ enc }) => String(enc)));
    expect(new Set(algorithms)).toEqual(
      new Set([...keyManagementAlgorithms, ...Object.keys(otherAlgorithms)]),
    );
    expect(new Set(encryptions)).toEqual(
      new Set([...Object.keys(contentEncryptions), ...Object.keys(otherEncryptions)]),
    );
  });

  it('refuses, and never crashes over, whatever is sent to a service with a good key', async () => {
    const good = groups.find((group) => keyOf(group).alg === 'ECDH-ES+A256KW') as VectorGroup;
    const { decrypt } = decryptionKeys([keyOf(good)]);
    const codes = new Set<string>();
    for (const vector of groups.flatMap(({ tests }) => tests)) {
      const refusal: unknown = await decrypt(textOf(vector), 8192).catch((e: unknown) => e);
      expect(refusal).toBeInstanceOf(AccessError);
      codes.add((refusal as AccessError).code);
    }
    // None says what is inside, so none gets as far as decryption.
    expect([...codes]).toEqual(['TOKEN_MALFORMED']);
  });
});
