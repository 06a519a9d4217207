import { inspect } from 'node:util';
import { createSecretKey, generateKeyPairSync, KeyObject, type JsonWebKey } from 'node:crypto';

import { compactVerify, importJWK } from 'jose';

import { createSigner } from './create-signer.js';
import { asymmetricAlgorithms, generateSigningKey } from './generate-signing-key.js';
import { signJwt } from './sign-jwt.js';

const rsa1024 = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk: JsonWebKey = p256.privateKey.export({ format: 'jwk' });
const secret = (bytes: number) => createSecretKey(Buffer.alloc(bytes, 9));

// Every token is read back by another implementation.
const read = async (token: string, key: Parameters<typeof compactVerify>[1]) => {
  const { protectedHeader, payload } = await compactVerify(token, key);
  return { header: protectedHeader, claims: JSON.parse(Buffer.from(payload).toString()) };
};

describe('createSigner', () => {
  it.each(asymmetricAlgorithms)('signs with %s what others accept', async (algorithm) => {
    const { privateJwk, publicJwk } = await generateSigningKey(algorithm);
    const { kid } = privateJwk;
    const signer = createSigner({ algorithm, kid, privateKey: privateJwk });
    const token = await signJwt(signer, 'at+jwt', { iss: 'https://a.example', list: [1, null] });
    const key = await importJWK(publicJwk as Parameters<typeof importJWK>[0], algorithm);
    expect(await read(token, key)).toEqual({
      header: { alg: algorithm, typ: 'at+jwt', kid },
      claims: { iss: 'https://a.example', list: [1, null] },
    });
  });

  it.each([
    ['HS256', 32],
    ['HS384', 48],
    ['HS512', 64],
  ] as const)('signs with %s and a secret of %i bytes', async (algorithm, bytes) => {
    const key = secret(bytes);
    for (const privateKey of [key, key.export({ format: 'jwk' })]) {
      const token = await signJwt(createSigner({ algorithm, privateKey }), 'JWT', { a: true });
      const header = { alg: algorithm, typ: 'JWT' };
      expect(await read(token, key)).toEqual({ header, claims: { a: true } });
    }
    const privateKey = secret(bytes - 1);
    expect(() => createSigner({ algorithm, privateKey })).toThrow(TypeError);
  });

  it('signs at once, but leaves RSA to the thread pool', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const input = Buffer.from('input');
    expect(createSigner({ algorithm: 'ES256', privateKey: jwk }).sign(input)).toHaveLength(64);
    const signer = createSigner({ algorithm: 'RS256', privateKey: rsa });
    return expect(signer.sign(input)).resolves.toHaveLength(256);
  });

  it('shows nothing of its key', () => {
    const signer = createSigner({ algorithm: 'ES256', kid: 'one', privateKey: jwk });
    const shown = JSON.stringify(signer) + inspect(signer, { depth: 9, showHidden: true });
    expect(shown).not.toContain(jwk.d);
    expect(Object.values(signer).some((value) => value instanceof KeyObject)).toBe(false);
    expect(Object.isFrozen(signer)).toBe(true);
  });

  it.each<[name: string, options: Parameters<typeof createSigner>[0]]>([
    ['an algorithm we do not know', { algorithm: 'none' as 'ES256', privateKey: jwk }],
    ['a name from a prototype', { algorithm: 'toString' as 'ES256', privateKey: jwk }],
    ['another curve', { algorithm: 'ES384', privateKey: jwk }],
    ['another type', { algorithm: 'RS256', privateKey: jwk }],
    ['a key of another type for EdDSA', { algorithm: 'EdDSA', privateKey: jwk }],
    ['a private key as a secret', { algorithm: 'HS256', privateKey: p256.privateKey }],
    ['a secret as a private key', { algorithm: 'RS256', privateKey: secret(64) }],
    ['a public key', { algorithm: 'ES256', privateKey: p256.publicKey }],
    ['a public JWK', { algorithm: 'ES256', privateKey: p256.publicKey.export({ format: 'jwk' }) }],
    ['RSA of 1024 bits', { algorithm: 'RS256', privateKey: rsa1024 }],
    ['a JWK for another algorithm', { algorithm: 'ES256', privateKey: { ...jwk, alg: 'ES384' } }],
    ['a JWK of another kid', { algorithm: 'ES256', kid: 'a', privateKey: { ...jwk, kid: 'b' } }],
    ['a JWK whose kid is left out', { algorithm: 'ES256', privateKey: { ...jwk, kid: 'b' } }],
    ['an empty kid', { algorithm: 'ES256', kid: '', privateKey: jwk }],
    ['a kid of 257 characters', { algorithm: 'ES256', kid: 'k'.repeat(257), privateKey: jwk }],
    ['an empty secret', { algorithm: 'HS256', privateKey: { kty: 'oct' } }],
    [
      'something that is no key',
      { algorithm: 'ES256', privateKey: { kty: 'EC', d: String(jwk.d) } },
    ],
  ])('refuses %s', (_name, options) => {
    expect(() => createSigner(options)).toThrow(TypeError);
    expect(() => createSigner(options)).toThrow(expect.not.stringContaining(String(jwk.d)));
  });
});

describe('signJwt', () => {
  const signer = createSigner({ algorithm: 'ES256', kid: 'one', privateKey: jwk });

  it('writes alg, typ and kid in this order, and no whitespace', async () => {
    const [header = '', claims = ''] = (await signJwt(signer, 'at+jwt', { b: 1, a: 'ü' })).split(
      '.',
    );
    const text = (part: string) => Buffer.from(part, 'base64url').toString();
    expect(text(header)).toBe('{"alg":"ES256","typ":"at+jwt","kid":"one"}');
    expect(text(claims)).toBe('{"b":1,"a":"ü"}');
  });

  it.each<[name: string, value: unknown]>([
    ['undefined', undefined],
    ['undefined inside', { act: { sub: undefined } }],
    ['undefined in a list', [undefined]],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['a bigint', 1n],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a Date', new Date()],
    ['a Map', new Map()],
    ['a Buffer', Buffer.from('a')],
  ])('refuses claims with %s', async (_name, value) => {
    const claims = { iss: 'https://a.example', value } as Parameters<typeof signJwt>[2];
    await expect(signJwt(signer, 'at+jwt', claims)).rejects.toThrow(TypeError);
    await expect(signJwt(signer, 'at+jwt', claims)).rejects.toThrow('claims.value');
  });

  it('signs claims without a prototype', async () => {
    const claims = Object.assign(Object.create(null), { a: { b: [null, false, 'x', 0] } });
    await expect(signJwt(signer, 'at+jwt', claims)).resolves.toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });
});
