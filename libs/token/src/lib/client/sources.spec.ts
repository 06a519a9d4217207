import { generateKeyPairSync } from 'node:crypto';

import { auth, census, clockAt, herald, now, user42 } from '../../../test/builders.js';
import { createSigner } from '../issue/create-signer.js';
import { generateSigningKey } from '../issue/generate-signing-key.js';
import { clientSecretBasic } from './client-authentication.js';
import { clientCredentials } from './client-credentials.js';
import { credentialHeaders } from './credential-headers.js';
import { dpopProofs } from './dpop-proofs.js';
import { jwtBearer } from './jwt-bearer.js';
import { selfIssued } from './self-issued.js';
import { tokenExchange } from './token-exchange.js';
import type { OutboundToken, TokenRequest, TokenSource } from './token-source.js';

const { privateKey } = generateKeyPairSync('ed25519');
const signer = createSigner({ algorithm: 'EdDSA', kid: 'one', privateKey });
const request: TokenRequest = { audience: census, scopes: ['users:read'] };
const subject = { uri: user42, token: 'of-the-user', expiresAt: now + 100 };
const binding = { method: 'PUT', url: `${census}user/42?a=b`, body: Buffer.from('{}') };

/** A server in memory: answers its metadata and tokens, and keeps what it was asked. */
function aServer(metadata: object = {}) {
  const forms: Record<string, string>[] = [];
  const urls: string[] = [];
  const json = (body: object) =>
    new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
  const ask = async (url: string, init: RequestInit) => {
    urls.push(url);
    if (init.method !== 'POST')
      return json({ issuer: auth, token_endpoint: `${auth}/token`, ...metadata });
    forms.push(Object.fromEntries(new URLSearchParams(init.body as string)));
    return json({
      access_token: `token-${forms.length}`,
      token_type: 'Bearer',
      expires_in: 100,
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    });
  };
  const client = clientSecretBasic('herald', 'secret');
  const options = { issuer: auth, client, clock: clockAt(), fetch: ask as typeof fetch };
  return { forms, urls, options };
}

const ask = async (source: TokenSource, wanted: TokenRequest) => source.token(wanted);
const claimsOf = ({ token }: OutboundToken) =>
  JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as object;

describe('token sources', () => {
  it('exchange the token of the user', async () => {
    const { forms, options } = aServer();
    const source = tokenExchange(options);
    await ask(source, { ...request, subject });
    expect(forms).toEqual([
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        subject_token: 'of-the-user',
        resource: census,
        scope: 'users:read',
      },
    ]);
    // Another token about the same user may name others who act in between.
    await ask(source, { ...request, subject: { ...subject, token: 'of-the-user-too' } });
    await ask(source, { ...request, subject });
    expect(forms).toHaveLength(2);
  });

  it('state the user in an assertion for this server, once', async () => {
    const { forms, options } = aServer();
    const source = jwtBearer({ ...options, signer, assertionIssuer: herald });
    await ask(source, { ...request, subject });
    const { assertion = '', ...form } = forms[0] ?? {};
    expect(form).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      resource: census,
      scope: 'users:read',
    });
    expect(claimsOf({ token: assertion } as OutboundToken)).toMatchObject({
      iss: herald,
      sub: user42,
      aud: auth,
      exp: now + 60,
    });
  });

  it('name the user to a server that knows how', async () => {
    const { forms, options } = aServer();
    await ask(clientCredentials({ ...options, requestedSubject: true }), { ...request, subject });
    expect(forms[0]).toMatchObject({
      grant_type: 'client_credentials',
      requested_subject: user42,
    });
  });

  it.each([
    ['audience', { audience: census }],
    ['none', {}],
  ] as const)('name the receiver by %s where the server wants that', async (target, expected) => {
    const { forms, options } = aServer();
    await ask(clientCredentials({ ...options, target }), { audience: census });
    expect(forms).toEqual([{ grant_type: 'client_credentials', ...expected }]);
  });

  it('tell where their tokens come from, and nothing of what gets them', () => {
    const { options } = aServer();
    const origins = [
      selfIssued({ issuer: herald, signer, carrier: 'JWT' }),
      selfIssued({ issuer: herald, signer, reuse: true }),
      clientCredentials(options),
      clientCredentials({ ...options, requestedSubject: true }),
      tokenExchange(options),
      jwtBearer({ ...options, signer }),
    ].flatMap((source) => source.origins ?? []);
    const client = options.client.clientId;
    expect(origins).toEqual([
      { grant: 'self-issued', issuer: herald, carrier: 'JWT' },
      { grant: 'self-issued', issuer: herald, carrier: 'Bearer' },
      { grant: 'client_credentials', issuer: auth, client, forUsers: false },
      { grant: 'client_credentials', issuer: auth, client, forUsers: true },
      { grant: 'token-exchange', issuer: auth, client, forUsers: true },
      { grant: 'jwt-bearer', issuer: auth, client, forUsers: true },
    ]);
  });

  it('read where the server issues tokens once, however many ask', async () => {
    const { urls, options } = aServer();
    const source = clientCredentials(options);
    const scopes = ['a', 'b', 'c'].map((scope) => ask(source, { ...request, scopes: [scope] }));
    await Promise.all(scopes);
    expect(urls).toEqual([
      `${auth}/.well-known/oauth-authorization-server`,
      ...Array<string>(3).fill(`${auth}/token`),
    ]);
  });

  it('stay with the endpoint they know while metadata cannot be read', async () => {
    const { forms, options } = aServer();
    let isDown = false;
    let seconds = 0;
    const clock = { now: () => now + seconds, monotonic: () => seconds * 1000 };
    const fetch = (async (url: string, init: RequestInit) => {
      if (isDown && init.method !== 'POST') throw new Error('down');
      return options.fetch(url, init);
    }) as typeof options.fetch;
    const source = clientCredentials({ ...options, clock, fetch });
    await ask(source, request);
    [isDown, seconds] = [true, 7200];
    await ask(source, request);
    expect(forms).toHaveLength(2);
  });

  it.each([
    ['another origin', { token_endpoint: 'https://evil.example/token' }],
    ['plain http', { token_endpoint: 'http://auth.example/token' }],
    ['no place', { token_endpoint: undefined }],
    ['another issuer', { issuer: 'https://evil.example' }],
  ])('send no secret where metadata names %s', async (_name, metadata) => {
    const { forms, options } = aServer(metadata);
    await expect(ask(clientCredentials(options), request)).rejects.toMatchObject({
      reason: 'unavailable',
      client: 'herald',
    });
    expect(forms).toEqual([]);
  });

  it('sign themselves: a token for each call, or one for several, never for bound ones', async () => {
    const options = { issuer: herald, signer, carrier: 'JWT', clock: clockAt(0.9) } as const;
    const fresh = selfIssued(options);
    const [one, other] = [await ask(fresh, request), await ask(fresh, request)];
    expect(one).toMatchObject({ carrier: 'JWT', expiresAt: now + 60 });
    expect(one.token).not.toBe(other.token);
    const kept = selfIssued({ ...options, reuse: true });
    expect(await ask(kept, request)).toBe(await ask(kept, request));
    expect(claimsOf(await ask(kept, { ...request, subject }))).toMatchObject({ sub: user42 });
    const bound = await ask(kept, { ...request, binding });
    expect(claimsOf(bound)).toMatchObject({ htm: 'PUT', htu: binding.url });
    expect(bound.token).not.toBe((await ask(kept, { ...request, binding })).token);
  });

  const { options } = aServer();
  it.each<[string, TokenSource, TokenRequest]>([
    ['a user of client credentials', clientCredentials(options), { ...request, subject }],
    ['an exchange without user', tokenExchange(options), request],
    ['an exchange without token', tokenExchange(options), { ...request, subject: { uri: user42 } }],
    ['an assertion about nobody', jwtBearer({ ...options, signer }), request],
    [
      'an assertion about no URI',
      jwtBearer({ ...options, signer }),
      { ...request, subject: { uri: '42' } },
    ],
    ['a kept token to be bound', clientCredentials(options), { ...request, binding }],
    ['an empty audience', clientCredentials(options), { audience: '' }],
    ['two scopes in one', clientCredentials(options), { ...request, scopes: ['a b'] }],
  ])('refuse %s, and ask nobody', async (_name, source, wanted) => {
    await expect(ask(source, wanted)).rejects.toThrow(TypeError);
  });

  it.each([
    ['issuer', { issuer: 'http://auth.example' }],
    ['tokenEndpoint', { tokenEndpoint: 'http://auth.example/token' }],
    ['timeout', { timeout: 'soon' }],
    ['maxTokens', { maxTokens: 0 }],
  ])('are not made with a wrong %s', (option, wrong) => {
    expect(() => clientCredentials({ ...options, ...wrong })).toThrow(option);
  });
});

describe('credentialHeaders', () => {
  const put = { method: 'PUT', url: binding.url };

  it.each([
    ['Bearer', { authorization: 'Bearer t' }],
    ['JWT', { jwt: 't' }],
    ['Token', { token: 't' }],
  ] as const)('carries a token as %s', (carrier, expected) => {
    expect(credentialHeaders({ token: 't', carrier, expiresAt: 0 }, put)).toEqual(expected);
  });

  it('proves a DPoP token with each request, and its content where that is bound', async () => {
    const proofs = dpopProofs({ key: await generateSigningKey('ES256') });
    const token: OutboundToken = { token: 't', carrier: 'DPoP', expiresAt: 0, proofs };
    const headersOf = async (bound: boolean) => {
      const { dpop = '', ...headers } = await credentialHeaders(token, { ...binding, bound });
      expect(headers).toEqual({ authorization: 'DPoP t' });
      return claimsOf({ token: dpop } as OutboundToken);
    };
    expect(await headersOf(false)).toMatchObject({ htm: 'PUT', htu: `${census}user/42` });
    expect(await headersOf(true)).toMatchObject({ htu: binding.url, bdy: expect.any(String) });
  });

  it('sends no DPoP token without a proof', () => {
    const token: OutboundToken = { token: 't', carrier: 'DPoP', expiresAt: 0 };
    expect(() => credentialHeaders(token, put)).toThrow(TypeError);
  });
});
