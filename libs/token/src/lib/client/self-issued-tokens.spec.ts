import { createHash, generateKeyPairSync } from 'node:crypto';

import { jwtVerify } from 'jose';

import { clockAt, now } from '../../../test/builders.js';
import { createSigner } from '../issue/create-signer.js';
import { selfIssuedTokens, type SelfIssuedOptions } from './self-issued-tokens.js';

const issuer = 'https://herald.example/';
const audience = 'https://census.example/';
const subject = 'https://census.example/user/42/';
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const signer = createSigner({ algorithm: 'EdDSA', kid: 'one', privateKey });
const source = (options: Partial<SelfIssuedOptions> = {}) =>
  selfIssuedTokens({ issuer, signer, clock: clockAt(0.9), ...options });
const read = (token: string) => jwtVerify(token, publicKey, { currentDate: new Date(now * 1000) });

describe('selfIssuedTokens', () => {
  it('speaks for a user, for 60 seconds', async () => {
    const scopes = ['users:read', 'users:list'];
    const { payload, protectedHeader } = await read(
      await source().token({ audience, subject, scopes }),
    );
    expect(protectedHeader).toEqual({ alg: 'EdDSA', typ: 'service+jwt', kid: 'one' });
    expect(payload).toEqual({
      iss: issuer,
      aud: audience,
      sub: subject,
      jti: expect.stringMatching(/^[\w-]{22,}$/),
      iat: now,
      exp: now + 60,
      scope: 'users:read users:list',
    });
  });

  it('asks for its signer each time, when that may change', async () => {
    const signers = ['one', 'two'].map((kid) =>
      createSigner({ algorithm: 'EdDSA', kid, privateKey }),
    );
    const tokens = source({ signer: () => signers.shift()! });
    for (const kid of ['one', 'two']) {
      const { protectedHeader } = await read(await tokens.token({ audience }));
      expect(protectedHeader.kid).toBe(kid);
    }
  });

  it('speaks for itself without a subject, and without scopes asks for none', async () => {
    const { payload } = await read(await source({ lifetime: 300 }).token({ audience }));
    expect(payload.sub).toBe(issuer);
    expect(payload.exp).toBe(now + 300);
    expect(payload).not.toHaveProperty('scope');
  });

  it('binds a token to a body, or to a whole request', async () => {
    const body = Buffer.from('{}');
    const bdy = createHash('sha256').update(body).digest('base64url');
    const bound = await read(await source().token({ audience, body }));
    expect(bound.payload).toMatchObject({ bdy });
    expect(bound.payload).not.toHaveProperty('htu');
    const request = { method: 'PUT', url: new URL('https://census.example/user/42?a=%20b') };
    expect((await read(await source().token({ audience, body, request }))).payload).toMatchObject({
      bdy,
      htm: 'PUT',
      htu: 'https://census.example/user/42?a=%20b',
    });
  });

  it('binds a request without a body to no content, and writes the URL as it is sent', async () => {
    const request = { method: 'GET', url: 'HTTPS://census.example:443' };
    expect((await read(await source().token({ audience, request }))).payload).toMatchObject({
      bdy: createHash('sha256').digest('base64url'),
      htm: 'GET',
      htu: 'https://census.example/',
    });
  });

  it('makes a new token for each call', async () => {
    const tokens = source();
    const [one, two] = await Promise.all([tokens.token({ audience }), tokens.token({ audience })]);
    expect((await read(one)).payload.jti).not.toBe((await read(two)).payload.jti);
  });

  it('reads the clock of the machine unless told', async () => {
    const tokens = selfIssuedTokens({ issuer, signer });
    const { payload } = await jwtVerify(await tokens.token({ audience }), publicKey);
    expect(Math.abs(Number(payload.iat) - Date.now() / 1000)).toBeLessThan(60);
  });

  it.each([
    ['an empty issuer', { issuer: '' }],
    ['a lifetime of nothing', { lifetime: 0 }],
    ['a lifetime of more than five minutes', { lifetime: 301 }],
    ['a lifetime of half seconds', { lifetime: 1.5 }],
    ['a lifetime that is no number', { lifetime: Number.NaN }],
  ])('refuses %s', (_name, options) => {
    expect(() => source(options)).toThrow(TypeError);
  });

  it.each([
    ['an empty audience', { audience: '' }],
    ['a subject that is no URI', { audience, subject: '42' }],
    ['an empty subject', { audience, subject: '' }],
    ['a subject in another spelling', { audience, subject: `${subject}../7/` }],
    ['an empty scope', { audience, scopes: [''] }],
    ['two scopes in one', { audience, scopes: ['users:read users:write'] }],
    ['a body as text', { audience, body: '{}' as never }],
    ['a method in lower case', { audience, request: { method: 'put', url: audience } }],
    ['a relative URL', { audience, request: { method: 'PUT', url: '/user/42' } }],
    ['another scheme', { audience, request: { method: 'PUT', url: 'file:///etc/passwd' } }],
    ['a fragment', { audience, request: { method: 'PUT', url: `${audience}#a` } }],
    ['an empty fragment', { audience, request: { method: 'PUT', url: `${audience}#` } }],
    ['an empty query', { audience, request: { method: 'PUT', url: `${audience}?` } }],
    ['a password', { audience, request: { method: 'PUT', url: 'https://a:b@census.example/' } }],
  ])('refuses %s', async (_name, request) => {
    await expect(source().token(request)).rejects.toThrow(TypeError);
  });
});
