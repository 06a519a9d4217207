import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';

import 'reflect-metadata';
import { DATABASE } from '@countersign/runtime';
import type { Database } from '@countersign/storage';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose';

import {
  census,
  herald,
  issuer,
  secrets,
  startAuthServer,
  users,
  type TestServer,
} from './start-auth-server.js';

let server: TestServer;
let now = Date.parse('2026-11-22T12:00:00Z') / 1000;
beforeAll(async () => {
  server = await startAuthServer({ now: () => now, monotonic: () => 0 });
}, 60_000);
afterAll(() => server.stop());
beforeEach(() => server.lines.splice(0));

const at = (path: string) => `${server.running.url}${path}`;
const basic = (id: string, secret: string) =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
const form = 'application/x-www-form-urlencoded';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

const post = async (
  body: string | Buffer,
  headers: Record<string, string> = {},
  path = 'oauth2/token',
): Promise<Answer> => {
  const response = await fetch(at(path), {
    method: 'POST',
    body,
    headers: { 'content-type': form, ...headers },
    redirect: 'manual',
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: JSON.parse(text) };
};

const grant = 'grant_type=client_credentials';
const asWeb = { authorization: basic('web', secrets.web) };
const asJob = { authorization: basic('job', secrets.job) };

const verified = async (token: unknown, audience: string) => {
  const keys = (await (await fetch(at('.well-known/jwks.json'))).json()) as JSONWebKeySet;
  return jwtVerify(String(token), createLocalJWKSet(keys), {
    issuer,
    audience,
    typ: 'at+jwt',
    algorithms: ['ES256'],
    currentDate: new Date(now * 1000),
  });
};

describe('POST /oauth2/token', () => {
  it('issues a token that others verify with the published keys', async () => {
    const { status, headers, json } = await post(grant, asJob);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('pragma')).toBe('no-cache');
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(json).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 300,
      scope: 'users:read',
    });
    const { payload } = await verified(json['access_token'], census);
    expect(payload).toEqual({
      iss: issuer,
      aud: census,
      sub: 'job',
      client_id: 'job',
      scope: 'users:read',
      iat: now,
      exp: now + 300,
      jti: expect.stringMatching(/^[\w-]{22}$/),
    });
    expect(decodeProtectedHeader(String(json['access_token']))).toEqual({
      alg: 'ES256',
      typ: 'at+jwt',
      kid: expect.any(String),
    });
  });

  it('issues a token for a user, with the client as the actor', async () => {
    const body = `${grant}&resource=${encodeURIComponent(herald)}&requested_subject=${encodeURIComponent(`${users}42/`)}`;
    const { json } = await post(body, asWeb);
    const { payload } = await verified(json['access_token'], herald);
    expect(payload).toMatchObject({ sub: `${users}42/`, act: { sub: 'web' }, client_id: 'web' });
  });

  it('never issues the same token twice', async () => {
    const [one, two] = await Promise.all([post(grant, asJob), post(grant, asJob)]);
    expect(one.json['access_token']).not.toBe(two.json['access_token']);
  });

  it.each([
    ['the secret in the body', `${grant}&client_id=job&client_secret=${secrets.job}`, {}],
    [
      'the next secret',
      `${grant}&resource=${herald}`,
      { authorization: basic('web', secrets.webNext) },
    ],
    ['its own client_id beside Basic', `${grant}&client_id=job`, asJob],
    ['empty parameters', `${grant}&scope=&resource=&requested_subject=`, asJob],
    ['parameters it does not know', `${grant}&foo=bar&code=x`, asJob],
    ['a charset', grant, { ...asJob, 'content-type': `${form}; charset=UTF-8` }],
  ])('accepts %s', async (_what, body, headers) => {
    const { status, json } = await post(body, headers);
    expect([status, json['token_type']]).toEqual([200, 'Bearer']);
  });

  it('answers with a trailing slash too, never with a redirect', async () => {
    const { status, json } = await post(grant, asJob, 'oauth2/token/');
    expect([status, json['token_type']]).toEqual([200, 'Bearer']);
  });

  it('asks no database and writes no row', async () => {
    const database = server.running.app.get<Database>(DATABASE);
    const statements = jest.spyOn(database.db, 'select');
    const raw = jest.spyOn(database, 'execute');
    await post(grant, asJob);
    expect(statements).not.toHaveBeenCalled();
    expect(raw).not.toHaveBeenCalled();
    jest.restoreAllMocks();
  });

  describe('wrong credentials', () => {
    const wrong: [string, string, string][] = [
      ['an unknown client', 'nobody', secrets.job],
      ['a wrong secret', 'job', 'wrong'],
      ['the secret of another client', 'job', secrets.web],
      ['an expired secret', 'web', secrets.old],
      ['an id in capitals', 'JOB', secrets.job],
      ['a prefix of the id', 'jo', secrets.job],
      ['an id with a blank', 'job%20', secrets.job],
      ['a prefix of the secret', 'job', secrets.job.slice(0, -1)],
      ['a secret with more at its end', 'job', `${secrets.job}a`],
      ['SQL', "job' or '1'='1", secrets.job],
      ['a member of every object', '__proto__', secrets.job],
      ['a constructor', 'constructor', 'prototype'],
      ['5000 characters', 'a'.repeat(5000), secrets.job],
      ['a secret of 5000 characters', 'job', 'a'.repeat(5000)],
    ];

    it.each(wrong)('refuses %s in the header', async (_what, id, secret) => {
      const answer = await post(grant, { authorization: basic(id, secret) });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Basic realm="auth-server"');
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.json).toEqual({
        error: 'invalid_client',
        error_description: 'The client is unknown or its credentials are wrong',
      });
    });

    it.each(wrong)('refuses %s in the body', async (_what, id, secret) => {
      const body = new URLSearchParams({ client_id: id, client_secret: secret });
      const answer = await post(`${grant}&${body}`);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBeNull();
      expect(answer.json['error']).toBe('invalid_client');
    });

    it('answers an unknown client and a wrong secret alike', async () => {
      const unknown = await post(grant, { authorization: basic('nobody', 'wrong') });
      const known = await post(grant, { authorization: basic('job', 'wrong') });
      expect(unknown.text).toBe(known.text);
      const fields = ({ headers }: Answer) =>
        [...headers]
          .filter(([name]) => name !== 'date')
          .map(([name, value]) => `${name}: ${value}`);
      expect(fields(unknown)).toEqual(fields(known));
    });
  });

  describe('malformed and forbidden requests', () => {
    const two = `resource=${herald}&resource=${census}`;
    it.each<[string, number, string, string | Buffer, Record<string, string>]>([
      ['an empty body', 400, 'invalid_request', '', asJob],
      ['no grant type', 400, 'invalid_request', 'scope=users:read', asJob],
      ['an empty grant type', 400, 'invalid_request', 'grant_type=', asJob],
      ['the grant type twice', 400, 'invalid_request', `${grant}&${grant}`, asJob],
      [
        'the scope twice',
        400,
        'invalid_request',
        `${grant}&scope=users:read&scope=users:read`,
        asJob,
      ],
      ['an unknown parameter twice', 400, 'invalid_request', `${grant}&x=1&x=2`, asJob],
      ['an unknown grant type', 400, 'unsupported_grant_type', 'grant_type=magic', asJob],
      [
        'the password grant',
        400,
        'unsupported_grant_type',
        'grant_type=password&username=a&password=b',
        asJob,
      ],
      [
        'a grant type in capitals',
        400,
        'unsupported_grant_type',
        'grant_type=CLIENT_CREDENTIALS',
        asJob,
      ],
      [
        'a member of every object as grant type',
        400,
        'unsupported_grant_type',
        'grant_type=__proto__',
        asJob,
      ],
      [
        'a garbage code',
        400,
        'unsupported_grant_type',
        'grant_type=authorization_code&code=x',
        asJob,
      ],
      [
        'a garbage refresh token',
        400,
        'unsupported_grant_type',
        'grant_type=refresh_token&refresh_token=x',
        asJob,
      ],
      ['no credentials', 401, 'invalid_client', grant, {}],
      ['a Bearer token', 401, 'invalid_client', grant, { authorization: 'Bearer abc' }],
      ['malformed Basic', 401, 'invalid_client', grant, { authorization: 'Basic !!!' }],
      [
        'header and body credentials',
        400,
        'invalid_request',
        `${grant}&client_id=job&client_secret=${secrets.job}`,
        asJob,
      ],
      ['another client in the body', 400, 'invalid_request', `${grant}&client_id=web`, asJob],
      [
        'an assertion',
        401,
        'invalid_client',
        `${grant}&client_assertion=a.b.c&client_assertion_type=x`,
        {},
      ],
      ['an unknown scope', 400, 'invalid_scope', `${grant}&scope=users:write`, asJob],
      [
        'a scope with a quotation mark',
        400,
        'invalid_scope',
        `${grant}&scope=users:read%22`,
        asJob,
      ],
      [
        'a scope with a line break',
        400,
        'invalid_request',
        `${grant}&scope=users:read%0Aadmin`,
        asJob,
      ],
      [
        'two spaces between scopes',
        400,
        'invalid_scope',
        `${grant}&scope=users:read++users:read`,
        asJob,
      ],
      ['ten thousand scopes', 400, 'invalid_scope', `${grant}&scope=${'a+'.repeat(9_999)}a`, asJob],
      ['openid', 400, 'invalid_scope', `${grant}&scope=openid`, asJob],
      ['no resource where two are granted', 400, 'invalid_target', grant, asWeb],
      ['two resources', 400, 'invalid_target', `${grant}&${two}`, asWeb],
      [
        'a resource that is not granted',
        400,
        'invalid_target',
        `${grant}&resource=${herald}`,
        asJob,
      ],
      [
        'a user it may not speak for',
        400,
        'unauthorized_client',
        `${grant}&requested_subject=${users}42/`,
        asJob,
      ],
      [
        'a user outside its prefixes',
        400,
        'invalid_request',
        `${grant}&resource=${herald}&requested_subject=https://evil.example/user/1/`,
        asWeb,
      ],
      [
        'a JSON body',
        415,
        'invalid_request',
        '{"grant_type":"client_credentials"}',
        { ...asJob, 'content-type': 'application/json' },
      ],
      [
        'a multipart body',
        415,
        'invalid_request',
        '--a--',
        { ...asJob, 'content-type': 'multipart/form-data; boundary=a' },
      ],
      [
        'another charset',
        415,
        'invalid_request',
        Buffer.from(grant, 'utf16le'),
        { ...asJob, 'content-type': `${form}; charset=utf-16` },
      ],
      [
        'a gzipped body',
        415,
        'invalid_request',
        randomBytes(20),
        { ...asJob, 'content-encoding': 'gzip' },
      ],
      ['a bare percent sign', 400, 'invalid_request', `${grant}&scope=%`, asJob],
      ['a NUL', 400, 'invalid_request', `${grant}&scope=a%00`, asJob],
      ['bytes that are no UTF-8', 400, 'invalid_request', `${grant}&scope=%ff`, asJob],
      ['a megabyte', 413, 'invalid_request', `${grant}&x=${'a'.repeat(1_000_000)}`, asJob],
      ['16 000 parameters', 400, 'invalid_request', 'a=1&'.repeat(16_000), asJob],
      ['50 000 parameters', 413, 'invalid_request', 'a=1&'.repeat(50_000), asJob],
    ])('answers %s with %i %s', async (_what, status, error, body, headers) => {
      const answer = await post(body, headers);
      expect([answer.status, answer.json['error']]).toEqual([status, error]);
      expect(Object.keys(answer.json)).toEqual(['error', 'error_description']);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    });

    it('refuses two Authorization headers', async () => {
      const request = httpRequest(at('oauth2/token'), { method: 'POST' });
      request.setHeader('content-type', form);
      request.setHeader('authorization', [asJob.authorization, asJob.authorization] as never);
      request.end(grant);
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.resume();
      expect(response.statusCode).toBe(400);
    });

    it.each([`?${grant}`, `?client_id=job&client_secret=${secrets.job}`, '?resource=x'])(
      'refuses anything in the query',
      async (query) => {
        const answer = await post(grant, asJob, `oauth2/token${query}`);
        expect([answer.status, answer.json['error']]).toEqual([400, 'invalid_request']);
      },
    );

    it('refuses a fragment as it refuses a query', async () => {
      const { hostname, port } = new URL(server.running.url);
      // fetch() would not send one.
      const path = `/oauth2/token#client_secret=${secrets.job}`;
      const request = httpRequest({ hostname, port, path, method: 'POST', headers: asJob });
      request.setHeader('content-type', form);
      request.end(grant);
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.resume();
      expect(response.statusCode).toBe(400);
    });

    it.each(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'])(
      'answers %s with 405',
      async (method) => {
        for (const path of ['oauth2/token', 'oauth2/token/', '/oauth2//token', 'oauth2/%74oken']) {
          const answer = await fetch(at(path), {
            method,
            headers: { origin: 'https://evil.example' },
          });
          expect(answer.status).toBe(405);
          expect(answer.headers.get('allow')).toBe('POST');
          expect(answer.headers.get('access-control-allow-origin')).toBeNull();
          if (method !== 'HEAD')
            expect(await answer.json()).toMatchObject({ error: 'invalid_request' });
        }
      },
    );
  });

  describe('its log', () => {
    const last = () => JSON.parse(server.lines.at(-1)!) as Record<string, unknown>;

    it('says why it refused, and never a secret', async () => {
      await post(grant, { authorization: basic('nobody', 's3cret-of-nobody') });
      expect(last()).toMatchObject({
        level: 'warn',
        error: 'invalid_client',
        reason: 'unknown client',
      });
      await post(grant, { authorization: basic('job', 's3cret-of-nobody') });
      expect(last()).toMatchObject({ reason: 'wrong secret', client: 'job' });
      await post(grant, { authorization: basic('web', secrets.old) });
      expect(last()).toMatchObject({ reason: 'the secret has expired', client: 'web' });
      await post(`${grant}&client_id=${secrets.web}&client_secret=s3cret-of-nobody`);
      expect(last()).toMatchObject({ client: `${secrets.web.slice(0, 16)}…` });
      expect(server.lines.join('')).not.toMatch(/s3cret/);
      expect(server.lines.join('')).not.toContain(secrets.old);
    });
  });
});

describe('a server started again', () => {
  it('signs with the same key, and refuses while another one runs', async () => {
    const { json } = await post(grant, asJob);
    const second = startAuthServer(undefined, server.directory);
    await expect(second).rejects.toMatchObject({ code: 'DIRECTORY_IN_USE' });

    await server.running.close();
    const again = await startAuthServer({ now: () => now, monotonic: () => 0 }, server.directory);
    const before = server;
    server = { ...again, stop: async () => (await again.stop(), before.stop()) };
    await expect(verified(json['access_token'], census)).resolves.toBeDefined();
    now += 1;
    expect((await post(grant, asJob)).status).toBe(200);
  }, 60_000);
});
