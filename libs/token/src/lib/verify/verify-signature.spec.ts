import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

import { CompactSign } from 'jose';

import { parseCompactJws } from '../extract/parse-compact-jws.js';
import type { Algorithm } from '../types.js';
import { verifySignature } from './verify-signature.js';

interface Keys {
  readonly signing: KeyObject;
  readonly verifying: KeyObject;
}

const fromPair = ({ privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject }) => ({
  signing: privateKey,
  verifying: publicKey,
});
const secret = (fill: number): Keys => {
  const key = createSecretKey(Buffer.alloc(64, fill));
  return { signing: key, verifying: key };
};
const rsa = () => fromPair(generateKeyPairSync('rsa', { modulusLength: 2048 }));
const ec = (namedCurve: string) => fromPair(generateKeyPairSync('ec', { namedCurve }));
const ed25519 = () => fromPair(generateKeyPairSync('ed25519'));

const [rsaOne, rsaTwo] = [rsa(), rsa()];
const [p256, p384, p521] = [ec('P-256'), ec('P-384'), ec('P-521')];
const edOne = ed25519();
const ed448 = fromPair(generateKeyPairSync('ed448'));
const rsaPss = fromPair(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }));

const cases: [algorithm: Algorithm, keys: Keys, others: Keys][] = [
  ['RS256', rsaOne, rsaTwo],
  ['RS384', rsaOne, rsaTwo],
  ['RS512', rsaOne, rsaTwo],
  ['PS256', rsaOne, rsaTwo],
  ['PS384', rsaOne, rsaTwo],
  ['PS512', rsaOne, rsaTwo],
  ['ES256', p256, ec('P-256')],
  ['ES384', p384, ec('P-384')],
  ['ES512', p521, ec('P-521')],
  ['EdDSA', edOne, ed25519()],
  ['HS256', secret(1), secret(2)],
  ['HS384', secret(1), secret(2)],
  ['HS512', secret(1), secret(2)],
];

// Signed by another implementation, so that both sides cannot be wrong alike.
const signed = async (alg: Algorithm, { signing }: Keys) =>
  parseCompactJws(
    await new CompactSign(Buffer.from('{}')).setProtectedHeader({ alg }).sign(signing),
  );
const holds = (
  jws: Pick<ReturnType<typeof parseCompactJws>, 'header' | 'signingInput' | 'signature'>,
  algorithm: Algorithm,
  { verifying }: Keys,
) => verifySignature(jws, { kid: 'one', algorithm, key: verifying });

describe('verifySignature', () => {
  it.each(cases)(
    'accepts what was signed with %s, and nothing changed',
    async (alg, keys, others) => {
      const jws = await signed(alg, keys);
      expect(holds(jws, alg, keys)).toBe(true);
      expect(holds(jws, alg, others)).toBe(false);
      const { signature, signingInput } = jws;
      const flip = (bytes: Buffer, at: number) => {
        const copy = Buffer.from(bytes);
        copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
        return copy;
      };
      expect(holds({ ...jws, signature: flip(signature, 0) }, alg, keys)).toBe(false);
      expect(holds({ ...jws, signature: flip(signature, signature.length - 1) }, alg, keys)).toBe(
        false,
      );
      expect(holds({ ...jws, signature: signature.subarray(1) }, alg, keys)).toBe(false);
      expect(holds({ ...jws, signature: Buffer.alloc(0) }, alg, keys)).toBe(false);
      const longer = Buffer.concat([signature, Buffer.alloc(1)]);
      expect(holds({ ...jws, signature: longer }, alg, keys)).toBe(false);
      expect(holds({ ...jws, signingInput: flip(signingInput, 3) }, alg, keys)).toBe(false);
    },
  );

  const algorithms = cases.map(([algorithm]) => algorithm);

  it.each(cases)('takes a %s signature for no other algorithm', async (alg, keys) => {
    const jws = await signed(alg, keys);
    for (const other of algorithms.filter((name) => name !== alg)) {
      expect(holds(jws, other, keys)).toBe(false);
      expect(holds({ ...jws, header: { alg: other } }, other, keys)).toBe(false);
    }
  });

  it('never takes a public key for a secret', async () => {
    for (const { signing, verifying } of [rsaOne, p256, edOne]) {
      const jwk = JSON.stringify(verifying.export({ format: 'jwk' }));
      const pem = verifying.export({ format: 'pem', type: 'spki' });
      const der = verifying.export({ format: 'der', type: 'spki' });
      for (const material of [jwk, pem, der]) {
        const confused = await signed('HS256', {
          signing: createSecretKey(Buffer.from(material)),
          verifying,
        });
        expect(holds(confused, 'HS256', { signing, verifying })).toBe(false);
      }
    }
  });

  it('refuses the ECDSA signatures that a careless verifier takes', async () => {
    const jws = await signed('ES256', p256);
    const der = Buffer.from('3006020101020101', 'hex');
    const ones = Buffer.alloc(64);
    ones.writeUInt8(1, 31);
    ones.writeUInt8(1, 63);
    for (const signature of [Buffer.alloc(64), ones, Buffer.alloc(64, 0xff), der])
      expect(holds({ ...jws, signature }, 'ES256', p256)).toBe(false);
  });

  it('refuses Ed448 and RSA keys bound to PSS', async () => {
    const jws = await signed('EdDSA', edOne);
    expect(holds({ ...jws, signature: Buffer.alloc(114) }, 'EdDSA', ed448)).toBe(false);
    const pss = await signed('PS256', rsaOne);
    expect(holds(pss, 'PS256', rsaPss)).toBe(false);
  });

  it('refuses a header without an algorithm', async () => {
    const jws = await signed('EdDSA', edOne);
    expect(holds({ ...jws, header: {} }, 'EdDSA', edOne)).toBe(false);
  });
});
