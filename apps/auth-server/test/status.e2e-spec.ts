import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import 'reflect-metadata';
import { until } from '@countersign/testing';
import { createSigner, signJwt, type JsonObject } from '@countersign/token';

import { AuditStore } from '../src/audit/audit-store.js';
import { RevocationStore } from '../src/status/revocation-store.js';
import { Revocations } from '../src/status/revocations.js';
import { census, herald, startAuthServer, users, type TestServer } from './start-auth-server.js';

const clients = ['web', 'job', 'census', 'ops', 'reader'] as const;
type ClientId = (typeof clients)[number];
const secrets = Object.fromEntries(
  clients.map((id) => [id, randomBytes(32).toString('base64url')]),
) as Record<ClientId, string>;
const held = (id: ClientId) => ({
  id,
  secrets: [{ label: 'now', sha256: createHash('sha256').update(secrets[id]).digest('base64url') }],
});
const registry = {
  services: [
    { name: 'herald', audience: herald, scopes: ['notifications:send'] },
    { name: 'census', audience: census, scopes: ['users:read'] },
  ],
  clients: [
    {
      ...held('web'),
      grants: [
        { service: 'herald', scopes: ['notifications:send'], subjects: [users] },
        { service: 'census', scopes: ['users:read'] },
      ],
    },
    { ...held('job'), grants: [{ service: 'census', scopes: ['users:read'] }] },
    { ...held('census'), service: 'census' },
    { ...held('ops'), grants: [{ service: 'admin', scopes: ['admin:read'] }] },
    { ...held('reader'), grants: [{ service: 'admin', scopes: ['admin:write'] }] },
  ],
};

let root: string;
let server: TestServer;
let now = Date.parse('2026-11-22T12:00:00Z') / 1000;
const clock = { now: () => now, monotonic: () => performance.now() };
const env = () => ({ REGISTRY_FILE: join(root, 'clients.json') });
const log: string[] = [];
const issued: string[] = [];

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'status-'));
  writeFileSync(join(root, 'clients.json'), JSON.stringify(registry));
  server = await startAuthServer(clock, root, env());
}, 60_000);
afterAll(async () => {
  await server.stop();
  rmSync(root, { recursive: true });
});
afterEach(() => void log.push(...server.lines.splice(0)));

const basic = (id: ClientId, secret = secrets[id]) =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

const post = async (
  path: string,
  by: ClientId | undefined,
  form: Record<string, string> | string,
  headers: Record<string, string> = {},
) => {
  const response = await fetch(`${server.running.url}oauth2/${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(by === undefined ? {} : { authorization: basic(by) }),
      ...headers,
    },
    body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
  });
  const text = await response.text();
  const json = (text === '' ? undefined : JSON.parse(text)) as Record<string, unknown> | undefined;
  return { status: response.status, headers: response.headers, text, json };
};
const introspect = (by: ClientId, token: string) => post('introspect', by, { token });
const revoke = (by: ClientId, token: string) => post('revoke', by, { token });

const tokenFor = async (by: ClientId, form: Record<string, string> = {}): Promise<string> => {
  const { json } = await post('token', by, { grant_type: 'client_credentials', ...form });
  const token = String(json?.['access_token']);
  issued.push(token);
  return token;
};
const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>;
const isActive = async (token: string) => (await introspect('ops', token)).json?.['active'];
const events = async (event: string, jti?: unknown) => {
  const { events: found } = await server.running.app.get(AuditStore).find({ event, limit: 500 });
  return jti === undefined ? found : found.filter((one) => one.jti === jti);
};
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const resigned = async (
  change: (claims: Record<string, unknown>) => JsonObject,
  typ = 'at+jwt',
) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [header] = (await tokenFor('job')).split('.');
  const { kid } = JSON.parse(Buffer.from(header!, 'base64url').toString()) as { kid: string };
  const claims = change(claimsOf(await tokenFor('job')));
  return signJwt(createSigner({ algorithm: 'ES256', kid, privateKey }), typ, claims);
};
const asJson = (claims: Record<string, unknown>) => claims as JsonObject;

describe('POST /oauth2/introspect', () => {
  it('says of a token what it says itself', async () => {
    const token = await tokenFor('job');
    const { status, headers, json } = await introspect('job', token);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(json).toEqual({ active: true, token_type: 'Bearer', ...claimsOf(token) });
  });

  it('names who acts for whom', async () => {
    const subject = `${users}42/`;
    const token = await tokenFor('web', { resource: herald, requested_subject: subject });
    const { json } = await introspect('web', token);
    expect(json).toMatchObject({ sub: subject, client_id: 'web', act: { sub: 'web' } });
  });

  it.each<[ClientId, string, boolean]>([
    ['web', 'the client it was issued to', true],
    ['census', 'the service it is meant for', true],
    ['ops', 'whoever may read everything', true],
    ['job', 'another client of the same service', false],
    ['reader', 'an administrator who may not read', false],
  ])('tells %s, %s: %s', async (by, _who, expected) => {
    const token = await tokenFor('web', { resource: census });
    const { json, text } = await introspect(by, token);
    expect(json?.['active']).toBe(expected);
    if (!expected) expect(text).toBe('{"active":false}');
  });

  it('does not tell a service about tokens for another one', async () => {
    const token = await tokenFor('web', { resource: herald });
    expect((await introspect('census', token)).text).toBe('{"active":false}');
  });

  it.each<[string, () => string | Promise<string>]>([
    ['something opaque', () => 'abc'],
    ['an API key', () => `cs_job_${'a'.repeat(49)}`],
    ['two parts', () => 'a.b'],
    ['five parts', () => 'a.b.c.d.e'],
    ['five empty parts', () => '....'],
    ['a token with a space behind it', async () => `${await tokenFor('job')} `],
    ['a token without its signature', async () => (await tokenFor('job')).replace(/[^.]+$/, '')],
    [
      'another signature',
      async () => (await tokenFor('job')).replace(/[^.]+$/, (await tokenFor('job')).split('.')[2]!),
    ],
    [
      'a token under alg none',
      async () =>
        `${encode({ alg: 'none', typ: 'at+jwt' })}.${(await tokenFor('job')).split('.')[1]}.`,
    ],
    ['a token signed by somebody else under our kid', () => resigned(asJson)],
    ['one of another issuer', () => resigned((claims) => asJson({ ...claims, iss: herald }))],
    ['one of another kind', () => resigned(asJson, 'service+jwt')],
    ['nothing but letters', () => 'a'.repeat(10_000)],
    ['deep nesting', () => `${'['.repeat(4_000)}.a.b`],
  ])('answers %s with inactive, and nothing else', async (_what, make) => {
    const { status, text } = await introspect('ops', await make());
    expect([status, text]).toEqual([200, '{"active":false}']);
  });

  it('answers inactive from the second on in which the token ends', async () => {
    const token = await tokenFor('job');
    const before = now;
    now += 299;
    expect(await isActive(token)).toBe(true);
    now += 1;
    expect(await isActive(token)).toBe(false);
    now = before;
  });

  it('ignores what kind the caller takes it for', async () => {
    const token = await tokenFor('job');
    const { json } = await post('introspect', 'job', { token, token_type_hint: 'refresh_token' });
    expect(json?.['active']).toBe(true);
  });

  it('leaves in the audit log who asked about which token', async () => {
    const token = await tokenFor('job');
    await introspect('census', token);
    const { jti } = claimsOf(token);
    // What was recorded is written within a quarter of a second.
    await until(async () => (await events('token.introspected', jti)).length > 0);
    const found = await events('token.introspected', jti);
    expect(found).toMatchObject([
      {
        client: 'census',
        method: 'client_secret_basic',
        detail: { active: true, issuedTo: 'job' },
      },
    ]);
  });
});

describe('POST /oauth2/revoke', () => {
  it('revokes a token of the client at once, and for good', async () => {
    const [token, other] = [await tokenFor('job'), await tokenFor('job')];
    const { status, headers, text } = await revoke('job', token);
    expect([status, text]).toEqual([200, '']);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(await isActive(token)).toBe(false);
    expect(await isActive(other)).toBe(true);
    expect((await revoke('job', token)).status).toBe(200);

    log.push(...server.lines.splice(0));
    await server.running.close();
    server = await startAuthServer(clock, root, env());
    expect(await isActive(token)).toBe(false);
    expect(await isActive(other)).toBe(true);
  }, 60_000);

  it.each(['access_token', 'refresh_token', 'id_token', 'nonsense'])(
    'takes the hint %s for what it is',
    async (hint) => {
      const token = await tokenFor('job');
      expect((await post('revoke', 'job', { token, token_type_hint: hint })).status).toBe(200);
      await until(async () => (await isActive(token)) === false);
    },
  );

  it('does not revoke the token of another client, and remembers who tried', async () => {
    const token = await tokenFor('web', { resource: census });
    for (const by of ['job', 'census', 'ops'] as const) {
      expect(await revoke(by, token)).toMatchObject({ status: 200, text: '' });
    }
    const { jti } = claimsOf(token);
    await until(async () => (await events('revocation.ignored', jti)).length === 3);
    expect(await events('revocation.ignored', jti)).toContainEqual(
      expect.objectContaining({
        client: 'job',
        jti,
        code: 'not_its_token',
        detail: { issuedTo: 'web' },
      }),
    );
    expect(await isActive(token)).toBe(true);
  });

  it.each<[string, () => string | Promise<string>]>([
    ['something opaque', () => 'abc'],
    ['a token of somebody else under our kid', () => resigned(asJson)],
    ['a foreign token', () => resigned((claims) => asJson({ ...claims, iss: herald }))],
  ])('answers %s with 200 and does nothing', async (_what, make) => {
    const { list } = server.running.app.get(Revocations) as unknown as { list: { size: number } };
    const before = list.size;
    expect(await revoke('job', await make())).toMatchObject({ status: 200, text: '' });
    expect(list.size).toBe(before);
  });

  it('answers an expired token with 200', async () => {
    const token = await tokenFor('job');
    now += 301;
    expect(await revoke('job', token)).toMatchObject({ status: 200, text: '' });
  });

  it('says that it cannot read an encrypted token', async () => {
    const { status, json } = await revoke('job', 'a.b.c.d.e');
    expect([status, json?.['error']]).toEqual([400, 'unsupported_token_type']);
  });

  it('writes who revoked which token, in the same transaction', async () => {
    const token = await tokenFor('job');
    await revoke('job', token);
    const { jti } = claimsOf(token);
    const { events: found } = await server.running.app
      .get(AuditStore)
      .find({ event: 'token.revoked' });
    expect(found[0]).toMatchObject({ jti, client: 'job', actor: 'job', address: '127.0.0.1' });
  });
});

describe.each(['introspect', 'revoke'])('POST /oauth2/%s', (path) => {
  it.each<[string, number, string, ClientId | undefined, string, Record<string, string>]>([
    ['no credentials', 401, 'invalid_client', undefined, 'token=a', {}],
    ['a Bearer token', 401, 'invalid_client', undefined, 'token=a', { authorization: 'Bearer a' }],
    [
      'two sets of credentials',
      400,
      'invalid_request',
      'job',
      `token=a&client_id=job&client_secret=x`,
      {},
    ],
    ['no token', 400, 'invalid_request', 'job', 'token_type_hint=access_token', {}],
    ['an empty token', 400, 'invalid_request', 'job', 'token=', {}],
    ['the token twice', 400, 'invalid_request', 'job', 'token=a&token=b', {}],
    ['an empty body', 400, 'invalid_request', 'job', '', {}],
    ['a NUL', 400, 'invalid_request', 'job', 'token=%00', {}],
    ['JSON', 415, 'invalid_request', 'job', '{"token":"a"}', { 'content-type': 'application/jwt' }],
    ['a megabyte', 413, 'invalid_request', 'job', `token=${'a'.repeat(1_000_000)}`, {}],
  ])('refuses %s with %i %s', async (_what, status, error, by, form, headers) => {
    const answer = await post(path, by, form, headers);
    expect([answer.status, answer.json?.['error']]).toEqual([status, error]);
    expect(Object.keys(answer.json!)).toEqual(['error', 'error_description']);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('answers an unknown client and a wrong secret alike', async () => {
    const unknown = await post(path, undefined, 'token=a', {
      authorization: `Basic ${Buffer.from('nobody:wrong').toString('base64')}`,
    });
    const wrong = await post(path, undefined, 'token=a', { authorization: basic('job', 'wrong') });
    expect(wrong.status).toBe(401);
    expect(unknown.text).toBe(wrong.text);
  });

  it('refuses a token in the address', async () => {
    const { status, json } = await post(`${path}?token=a`, 'job', 'token=a');
    expect([status, json?.['error']]).toEqual([400, 'invalid_request']);
  });

  it.each(['GET', 'PUT', 'DELETE', 'OPTIONS'])('answers %s with 405', async (method) => {
    const answer = await fetch(`${server.running.url}oauth2/${path}`, { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
    expect(await answer.json()).toMatchObject({ error: 'invalid_request' });
  });
});

describe('revocation by administration', () => {
  const by = { client: 'ops' };

  it('ends what a client was issued until now, not what it is issued later', async () => {
    const token = await tokenFor('job');
    await server.running.app.get(RevocationStore).revokeClient('job', by);
    await until(async () => (await isActive(token)) === false);
    now += 1;
    expect(await isActive(await tokenFor('job'))).toBe(true);
  });

  it('ends what was issued about a user, whoever acts', async () => {
    const about = (id: number) =>
      tokenFor('web', { resource: herald, requested_subject: `${users}${id}/` });
    const [token, other] = [await about(7), await about(8)];
    await server.running.app.get(RevocationStore).revokeSubject(`${users}7/`, by);
    await until(async () => (await isActive(token)) === false);
    expect(await isActive(other)).toBe(true);
  });
});

describe('what is written down', () => {
  it('is complete when the server has stopped', async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, () => tokenFor('job')));
    log.push(...server.lines.splice(0));
    await server.running.close();
    server = await startAuthServer(clock, root, env());
    const written = new Set((await events('token.issued')).map((one) => one.jti));
    for (const token of tokens) expect(written).toContain(claimsOf(token)['jti']);
  }, 60_000);

  it('holds no token and no secret: neither the log nor the audit log', async () => {
    await post(
      'token',
      undefined,
      { grant_type: 'client_credentials' },
      { authorization: basic('job', issued[0]!) },
    );
    await post('token', undefined, {
      grant_type: 'client_credentials',
      client_id: issued[0]!,
      client_secret: 'x',
    });
    await until(async () => (await events('token.refused')).length >= 2);
    const store = server.running.app.get(AuditStore);
    const rows: unknown[] = [];
    let after: string | undefined;
    do {
      const page = await store.find({ limit: 500, after });
      rows.push(...page.events);
      after = page.next;
    } while (after !== undefined);
    expect(rows.length).toBeGreaterThan(50);
    const written = [...log, ...server.lines, ...rows.map((row) => JSON.stringify(row))];
    const linesWith = (text: string) => written.filter((line) => line.includes(text)).slice(0, 3);
    expect(linesWith(encode({ a: 1 }).slice(0, 3))).toEqual([]);
    for (const secret of Object.values(secrets)) expect(linesWith(secret)).toEqual([]);
    for (const token of issued) expect(linesWith(token.split('.')[2]!)).toEqual([]);
    expect(linesWith('token.issued')).toHaveLength(3);
  });
});
