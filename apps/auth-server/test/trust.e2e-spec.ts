import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import 'reflect-metadata';
import { aToken, createTestIssuer, createTestKey } from '@countersign/testing';
import {
  clientSecretBasic,
  createAuthenticator,
  createTrustRegistry,
  introspectionServer,
  systemClock,
  trustFromServer,
  type AccessError,
} from '@countersign/token';

import { census, herald, startAuthServer, users, type TestServer } from './start-auth-server.js';

const secrets = Object.fromEntries(
  ['census', 'herald', 'job', 'shop', 'shop-1', 'shop-2', 'expired'].map((id) => [
    id,
    randomBytes(32).toString('base64url'),
  ]),
);
const sha256 = (id: string) =>
  createHash('sha256')
    .update(secrets[id] ?? '')
    .digest('base64url');
const held = (id: string) => ({ id, secrets: [{ label: 'now', sha256: sha256(id) }] });
const selfIssuing = createTestIssuer({ kind: 'service-peer', name: 'herald', issuer: herald });
const keys = (kid: string) => ({ jwks: [createTestKey('ES256', kid).jwk] });
const shop = 'https://shop.example/';

const registry = {
  services: [
    { name: 'herald', audience: herald, scopes: ['notifications:send'] },
    { name: 'census', audience: census, scopes: ['users:read', 'users:write'] },
    { name: 'shop', audience: shop, scopes: ['orders:read'] },
  ],
  clients: [
    { ...held('census'), service: 'census' },
    {
      ...held('herald'),
      service: 'herald',
      keys: { jwks: selfIssuing.jwks().keys },
      grants: [{ service: 'census', scopes: ['users:read'], subjects: [users] }],
    },
    { ...held('job'), grants: [{ service: 'census', scopes: ['users:write'] }] },
    ...['shop-1', 'shop-2'].map((id) => ({
      ...held(id),
      service: 'shop',
      keys: keys(id),
      grants: [{ service: 'census', scopes: ['users:read'] }],
    })),
    // Not the shop, whatever its id says.
    { ...held('shop'), grants: [{ service: 'census', scopes: ['users:read'] }] },
    {
      ...held('expired'),
      grants: [{ service: 'census', scopes: ['users:read'], expires: '2020-01-01T00:00:00Z' }],
    },
  ],
};

let root: string;
let server: TestServer;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'trust-'));
  writeFileSync(join(root, 'clients.json'), JSON.stringify(registry));
  server = await startAuthServer(systemClock, root, { REGISTRY_FILE: join(root, 'clients.json') });
}, 60_000);
afterAll(async () => {
  await server.stop();
  rmSync(root, { recursive: true });
});

const url = (path: string) => `${server.running.url}oauth2/${path}`;
const ask = (by: string, secret = secrets[by] ?? '') =>
  fetch(url('trust'), {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(`${by}:${secret}`).toString('base64')}`,
    },
    body: '',
  });
const issuer = async () => ((await (await ask('census')).json()) as { issuer: string }).issuer;

describe('POST /oauth2/trust', () => {
  it('tells a service its own callers, and which of them sign tokens themselves', async () => {
    const answer = await ask('census');
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(await answer.json()).toEqual({
      issuer: expect.any(String) as unknown,
      version: expect.any(Number) as unknown,
      callers: { herald: 'herald', job: 'job', 'shop-1': 'shop', 'shop-2': 'shop' },
      peers: [
        {
          name: 'herald',
          issuer: herald,
          scopes: ['users:read'],
          subjects: [users],
          algorithms: ['ES256'],
          jwks: selfIssuing.jwks().keys,
        },
      ],
    });
  });

  it('tells another service nothing of them', async () => {
    expect(await (await ask('herald')).json()).toMatchObject({ callers: {}, peers: [] });
  });

  it.each([
    ['a client that is no service', 'job', undefined, 400, 'unauthorized_client'],
    ['a wrong secret', 'census', 'wrong', 401, 'invalid_client'],
    ['an unknown client', 'nobody', 'wrong', 401, 'invalid_client'],
  ])('refuses %s', async (_what, by, secret, status, error) => {
    const answer = await ask(by, secret);
    expect([answer.status, await answer.json()]).toMatchObject([status, { error }]);
  });

  it('is what trustFromServer reads, for self-issued tokens and tokens of the server', async () => {
    const source = trustFromServer(await issuer(), {
      client: clientSecretBasic('census', secrets['census'] ?? ''),
      endpoint: url('trust'),
      server: { jwksUri: `${server.running.url}.well-known/jwks.json` },
    });
    const trust = createTrustRegistry([source]);
    await trust.open();
    const policy = { trust, clock: systemClock, clockTolerance: 10, maxTokenBytes: 8192 };
    const who = createAuthenticator(policy);
    const self = aToken().from(selfIssuing).to(census).scopes('users:read', 'users:write').sign();
    const { principal } = await who.authenticate({ token: self, carrier: 'Bearer' });
    expect([principal.caller.name, principal.scopes]).toEqual(['herald', ['users:read']]);
    const issued = await tokenFor('job', 'users:write');
    const job = await who.authenticate({ token: issued, carrier: 'Bearer' });
    expect([job.principal.caller.name, job.principal.scopes]).toEqual(['job', ['users:write']]);
    await trust.close();
  });
});

describe('introspectionServer at this server', () => {
  it('makes of its answers what verifying would make of the tokens', async () => {
    const entry = introspectionServer('auth-server', {
      issuer: await issuer(),
      endpoint: url('introspect'),
      client: clientSecretBasic('census', secrets['census'] ?? ''),
      callers: { job: 'job' },
      mayAssert: 'any',
      tokens: 'any',
    });
    const trust = createTrustRegistry([entry]);
    const policy = { trust, clock: systemClock, clockTolerance: 10, maxTokenBytes: 8192 };
    const who = createAuthenticator(policy, 'off');
    const token = await tokenFor('job', 'users:write');
    const { principal } = await who.authenticate({ token, carrier: 'Bearer' });
    expect(principal).toMatchObject({
      caller: { id: 'job', name: 'job' },
      scopes: ['users:write'],
      audience: [census],
    });
    await post('revoke', 'job', { token });
    const refused = await who
      .authenticate({ token, carrier: 'Bearer' })
      .catch((error: AccessError) => error.code);
    expect(refused).toBe('TOKEN_INACTIVE');
  });
});

async function tokenFor(by: string, scope: string): Promise<string> {
  const form = { grant_type: 'client_credentials', resource: census, scope };
  const { access_token: token } = (await (await post('token', by, form)).json()) as {
    access_token: string;
  };
  return token;
}

function post(path: string, by: string, form: Record<string, string>): Promise<Response> {
  return fetch(url(path), {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${by}:${secrets[by] ?? ''}`).toString('base64')}`,
    },
    body: new URLSearchParams(form),
  });
}
