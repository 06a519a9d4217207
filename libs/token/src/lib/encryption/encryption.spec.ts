import { createPublicKey, createSecretKey, generateKeyPairSync } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';

import { CompactEncrypt } from 'jose';

import { accessTokenClaims, aJwt } from '../../../test/builders.js';
import { AccessError } from '../errors.js';
import { decryptionKeys } from './decryption-keys.js';
import { encryptJwt } from './encrypt-jwt.js';
import type { ContentEncryption } from './encryption-algorithms.js';

const ec = (namedCurve: string) => jwksOf(generateKeyPairSync('ec', { namedCurve }));
const rsa = (modulusLength: number) => jwksOf(generateKeyPairSync('rsa', { modulusLength }));

function jwksOf(pair: ReturnType<typeof generateKeyPairSync>) {
  const { privateKey, publicKey } = pair as unknown as Record<
    'privateKey' | 'publicKey',
    { export(options: { format: 'jwk' }): JsonWebKey }
  >;
  return {
    privateJwk: privateKey.export({ format: 'jwk' }),
    publicJwk: publicKey.export({ format: 'jwk' }),
  };
}

const jws = aJwt(accessTokenClaims);
const one = ec('P-256');
const rsa2048 = rsa(2048);
const headerOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[0] as string, 'base64url').toString()) as object;

const open = async (token: string, ...keys: JsonWebKey[]): Promise<string> => {
  try {
    return await decryptionKeys(keys).decrypt(token, 8192);
  } catch (error) {
    if (error instanceof AccessError) return error.code;
    throw error;
  }
};

describe('decryption keys that are replaced', () => {
  const named = (key: JsonWebKey, kid: string): JsonWebKey => ({ ...key, kid });
  const codeOf = (opened: Promise<string>): Promise<unknown> =>
    opened.catch((error: unknown) => (error as AccessError).code);

  it('open what the new ones can, and nothing that only the old ones could', async () => {
    const other = ec('P-256');
    const toOld = await encryptJwt(jws, named(one.publicJwk as JsonWebKey, 'old'));
    const toNew = await encryptJwt(jws, named(other.publicJwk as JsonWebKey, 'new'));
    const keys = decryptionKeys([named(one.privateJwk, 'old')]);
    expect(await codeOf(keys.decrypt(toNew, 8192))).toBe('DECRYPTION_FAILED');

    keys.replace([named(one.privateJwk, 'old'), named(other.privateJwk, 'new')]);
    expect(await keys.decrypt(toOld, 8192)).toBe(jws);
    expect(await keys.decrypt(toNew, 8192)).toBe(jws);

    keys.replace([named(other.privateJwk, 'new')]);
    expect(await codeOf(keys.decrypt(toOld, 8192))).toBe('DECRYPTION_FAILED');
    expect(await keys.decrypt(toNew, 8192)).toBe(jws);
  });

  it('stay as they are where the new ones are refused', async () => {
    const keys = decryptionKeys([named(one.privateJwk, 'old')]);
    expect(() => keys.replace([])).toThrow(TypeError);
    expect(() => keys.replace([one.publicJwk as JsonWebKey])).toThrow(TypeError);
    const token = await encryptJwt(jws, named(one.publicJwk as JsonWebKey, 'old'));
    expect(await keys.decrypt(token, 8192)).toBe(jws);
  });
});

describe('encryptJwt and decryptionKeys', () => {
  it.each([
    ['P-256', ec('P-256'), 'ECDH-ES+A256KW'],
    ['P-384', ec('P-384'), 'ECDH-ES+A256KW'],
    ['P-521', ec('P-521'), 'ECDH-ES+A256KW'],
    ['RSA', rsa2048, 'RSA-OAEP-256'],
  ] as const)('encrypt to %s, and open it again', async (_name, { privateJwk, publicJwk }, alg) => {
    const token = await encryptJwt(jws, { ...publicJwk, kid: 'a' } as JsonWebKey);
    expect(headerOf(token)).toMatchObject({ alg, enc: 'A256GCM', cty: 'JWT', kid: 'a' });
    expect(await open(token, privateJwk)).toBe(jws);
  });

  it.each<ContentEncryption>(['A256GCM', 'A128GCM', 'A256CBC-HS512'])(
    'encrypt with %s, by agreement alone where the key says so',
    async (contentEncryption) => {
      const token = await encryptJwt(jws, { ...one.publicJwk, alg: 'ECDH-ES' } as JsonWebKey, {
        contentEncryption,
      });
      expect(headerOf(token)).toMatchObject({ alg: 'ECDH-ES', enc: contentEncryption });
      expect(await open(token, one.privateJwk)).toBe(jws);
    },
  );

  it('never make the same token twice', async () => {
    expect(await encryptJwt(jws, one.publicJwk)).not.toBe(await encryptJwt(jws, one.publicJwk));
  });

  it('find the key among several by its kid, and by nothing else', async () => {
    const two = ec('P-256');
    const keys = [
      { ...one.privateJwk, kid: 'one' },
      { ...two.privateJwk, kid: 'two' },
    ] as JsonWebKey[];
    const to = (kid: string | undefined) =>
      encryptJwt(jws, { ...two.publicJwk, ...(kid && { kid }) } as JsonWebKey);
    expect(await open(await to('two'), ...keys)).toBe(jws);
    for (const kid of ['one', 'three', undefined])
      expect(await open(await to(kid), ...keys)).toBe('DECRYPTION_FAILED');
  });

  it('hold a key to the algorithm its JWK names', async () => {
    const token = await encryptJwt(jws, one.publicJwk);
    expect(await open(token, { ...one.privateJwk, alg: 'ECDH-ES' } as JsonWebKey)).toBe(
      'DECRYPTION_FAILED',
    );
  });

  it('refuse PBES2 and a shared key before any work', async () => {
    const password = createSecretKey(Buffer.alloc(32, 1));
    const header = { alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', cty: 'JWT' };
    const token = await new CompactEncrypt(Buffer.from(jws))
      .setProtectedHeader(header)
      .setKeyManagementParameters({ p2c: 1000 } as never)
      .encrypt(password);
    expect(await open(token, one.privateJwk)).toBe('DECRYPTION_FAILED');
  });

  it('refuse what is too long', async () => {
    const token = await encryptJwt(jws, one.publicJwk);
    await expect(decryptionKeys([one.privateJwk]).decrypt(token, 100)).rejects.toMatchObject({
      code: 'TOKEN_MALFORMED',
    });
  });

  it.each(['', 'a', 'a.b.c.d', 'a.b.c.d.e.f', 'e30', 'e30.e30.e30'])(
    'refuse what has not five parts: %j',
    async (token) => {
      expect(await open(token, one.privateJwk)).toBe('TOKEN_MALFORMED');
    },
  );

  it.each([undefined, 'json', 'jwt+json'])(
    'refuse content that says it is %s: it must say it is a JWT',
    async (cty) => {
      const token = await new CompactEncrypt(Buffer.from(jws))
        .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', ...(cty && { cty }) })
        .encrypt(createPublicKey({ key: one.publicJwk, format: 'jwk' }));
      expect(await open(token, one.privateJwk)).toBe('TOKEN_MALFORMED');
    },
  );

  it.each<[string, object]>([
    ['compression', { zip: 'DEF' }],
    ['an extension', { crit: ['exp'] }],
    ['an ephemeral key with a private member', { epk: { ...one.publicJwk, d: 'AA' } }],
    ['an ephemeral key of another type', { epk: { kty: 'OKP', crv: 'X25519', x: 'AA' } }],
    ['an ephemeral key with a short coordinate', { epk: { ...one.publicJwk, x: 'AA' } }],
    ['an ephemeral key that is a list', { epk: [] }],
    ['no ephemeral key', { epk: undefined }],
    ['party information that is no base64url', { apu: '=' }],
    ['a content type that is no text', { cty: 1 }],
    ['an empty kid', { kid: '' }],
  ])('refuse %s by the form alone', async (_name, change) => {
    const token = await encryptJwt(jws, one.publicJwk);
    const header = JSON.stringify({ ...headerOf(token), ...change });
    const other = token.replace(/^[^.]*/, Buffer.from(header).toString('base64url'));
    expect(await open(other, one.privateJwk)).toBe('TOKEN_MALFORMED');
  });

  it('say nothing of why a token does not open', async () => {
    const token = await encryptJwt(jws, rsa2048.publicJwk);
    const [header, key, iv, content, tag] = token.split('.') as string[];
    const flip = (part: string) => (part.startsWith('A') ? 'B' : 'A') + part.slice(1);
    const details: unknown[] = [];
    for (const broken of [
      [header, flip(key!), iv, content, tag],
      [header, key, flip(iv!), content, tag],
      [header, key, iv, content, flip(tag!)],
    ]) {
      const refusal = decryptionKeys([rsa2048.privateJwk]).decrypt(broken.join('.'), 8192);
      await refusal.catch((error: AccessError) =>
        details.push([error.code, error.detail, error.cause]),
      );
    }
    expect(details).toHaveLength(3);
    expect(details[1]).toEqual(details[0]);
    expect(details[2]).toEqual(details[0]);
  });

  it.each<[string, unknown]>([
    ['a claims set', '{"sub":"a"}'],
    ['nothing', ''],
    ['a JWE', 'a.b.c.d.e'],
    ['an unsigned JWT', 'a.b.'],
  ])('do not encrypt %s', async (_name, text) => {
    await expect(encryptJwt(text as string, one.publicJwk)).rejects.toThrow(/^jws must/);
  });

  it.each<[string, JsonWebKey]>([
    ['a private key', one.privateJwk],
    ['a key for signatures', { ...one.publicJwk, use: 'sig' } as JsonWebKey],
    ['a shared secret', { kty: 'oct', k: 'AA' }],
    ['a key for a password', { ...one.publicJwk, alg: 'PBES2-HS256+A128KW' } as JsonWebKey],
    ['an RSA key of 1024 bits', rsa(1024).publicJwk],
    ['an Edwards key', jwksOf(generateKeyPairSync('ed25519')).publicJwk],
    ['a point not on its curve', { ...one.publicJwk, y: 'A'.repeat(43) }],
    ['an empty kid', { ...one.publicJwk, kid: '' } as JsonWebKey],
  ])('do not encrypt to %s', async (_name, recipient) => {
    await expect(encryptJwt(jws, recipient)).rejects.toThrow(/^encryptionKey must/);
  });

  it('do not encrypt with what nobody opens', async () => {
    const options = { contentEncryption: 'A128CBC-HS256' as never };
    await expect(encryptJwt(jws, one.publicJwk, options)).rejects.toThrow(
      /^contentEncryption must/,
    );
  });

  it.each<[string, readonly JsonWebKey[]]>([
    ['no key', []],
    [
      'too many keys',
      Array.from({ length: 17 }, (_, n) => ({ ...one.privateJwk, kid: `${n}` }) as JsonWebKey),
    ],
    ['a public key', [one.publicJwk]],
    [
      'two keys of which one lacks a kid',
      [one.privateJwk, { ...one.privateJwk, kid: 'b' } as JsonWebKey],
    ],
    [
      'two keys that share a kid',
      [one.privateJwk, one.privateJwk].map((key) => ({ ...key, kid: 'a' }) as JsonWebKey),
    ],
    ['a key for signatures', [{ ...one.privateJwk, use: 'sig' } as JsonWebKey]],
    ['a broken key', [{ ...one.privateJwk, d: '!' }]],
  ])('do not start with %s', (_name, keys) => {
    expect(() => decryptionKeys(keys)).toThrow(/^decryption(\[\d\])? must/);
  });
});
