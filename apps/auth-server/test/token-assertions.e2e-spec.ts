import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import 'reflect-metadata';
import {
  createSigner,
  dpopProofs,
  generateSigningKey,
  parseToken,
  signJwt,
  type JsonObject,
  type Signer,
  type SigningKey,
} from '@countersign/token';

import { AuditStore } from '../src/audit/audit-store.js';
import { Audit } from '../src/audit/audit.js';
import { digestOf, generateSecret } from '../src/registry/secret.js';
import { RevocationStore } from '../src/status/revocation-store.js';
import {
  census,
  herald,
  issuer,
  startAuthServer,
  users,
  type TestServer,
} from './start-auth-server.js';

const people = 'https://login.example';
const cluster = 'https://cluster.example';
const web = 'https://web.example/';
const ann = `${users}42/`;
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
const bearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const accessToken = 'urn:ietf:params:oauth:token-type:access_token';
const jwt = 'urn:ietf:params:oauth:token-type:jwt';

const apiKeys = { web: generateSecret('web'), herald: generateSecret('herald') };
const keys: Record<string, SigningKey> = {};
let server: TestServer;
let keyServer: Server;
let answer = '';
let asked = 0;
let now = Date.parse('2026-11-22T12:00:00Z') / 1000;
const root = mkdtempSync(join(tmpdir(), 'auth-server-'));

beforeAll(async () => {
  for (const name of ['web', 'herald', 'remote', 'people', 'cluster', 'spiffe', 'stranger']) {
    keys[name] = await generateSigningKey('ES256');
  }
  keyServer = createServer((_request, response) => {
    asked += 1;
    if (answer === '') response.destroy();
    else response.end(answer);
  });
  await new Promise<void>((resolve) => keyServer.listen(0, '127.0.0.1', resolve));
  answer = JSON.stringify({ keys: [keys['remote']!.publicJwk] });
  const file = join(root, 'fleet.json');
  writeFileSync(file, JSON.stringify(fleet((keyServer.address() as AddressInfo).port)));
  server = await startAuthServer({ now: () => now, monotonic: () => 0 }, undefined, {
    REGISTRY_FILE: file,
  });
}, 60_000);
afterAll(async () => {
  await server.stop();
  keyServer.close();
  rmSync(root, { recursive: true });
});

function fleet(port: number) {
  const jwks = (name: string) => ({ jwks: [keys[name]!.publicJwk] });
  const secret = ({ digest }: { digest: Buffer }) => [
    { label: 'now', sha256: digest.toString('base64url') },
  ];
  const toCensus = { service: 'census', scopes: ['users:read'] };
  const jwksUri = `http://127.0.0.1:${port}/jwks`;
  return {
    services: [
      { name: 'web', audience: web, scopes: ['pages:read'], tokenLifetime: 30 },
      { name: 'herald', audience: herald, scopes: ['notifications:send', 'notifications:read'] },
      {
        name: 'census',
        audience: census,
        scopes: ['users:read', 'users:write'],
        algorithm: 'ES256',
      },
    ],
    clients: [
      {
        id: 'web',
        service: 'web',
        secrets: secret(apiKeys.web),
        keys: jwks('web'),
        grants: [
          {
            service: 'herald',
            scopes: ['notifications:send', 'notifications:read'],
            subjects: [users],
          },
          { service: 'web', scopes: ['pages:read'] },
        ],
        onBehalfOf: [
          { source: 'exchange', target: 'herald', scopes: ['notifications:send'] },
          { source: 'web', target: 'herald', scopes: ['notifications:send'] },
        ],
      },
      {
        id: 'herald',
        service: 'herald',
        secrets: secret(apiKeys.herald),
        keys: jwks('herald'),
        grants: [toCensus],
        onBehalfOf: [
          { source: 'herald', target: 'census', scopes: ['users:read'] },
          { source: 'herald', target: 'web', scopes: ['pages:read'] },
        ],
      },
      {
        id: 'remote',
        keys: { jwksUri, networks: ['127.0.0.0/8'] },
        grants: [toCensus],
      },
      { id: 'inside', keys: { jwksUri }, grants: [toCensus] },
      {
        id: 'batch',
        grants: [toCensus],
        identities: [
          { issuer: 'cluster', subject: 'system:serviceaccount:jobs:batch' },
          { issuer: 'mesh', subject: 'spiffe://prod.example/jobs/batch' },
        ],
      },
      {
        id: 'batch-2',
        grants: [toCensus],
        identities: [{ issuer: 'cluster', subject: 'system:serviceaccount:jobs:batch' }],
      },
      {
        id: 'cron',
        grants: [toCensus],
        identities: [{ issuer: 'cluster', subject: 'system:serviceaccount:jobs:cron' }],
      },
      { id: 'idle', secrets: [{ label: 'now', sha256: digestOf('idle').toString('base64url') }] },
    ],
    issuers: [
      {
        name: 'login',
        kind: 'users',
        issuer: people,
        keys: jwks('people'),
        algorithms: ['ES256'],
        maxLifetime: 3600,
        subjects: [users],
        scopes: ['notifications:send', 'notifications:read', 'users:read'],
      },
      {
        name: 'cluster',
        kind: 'workloads',
        issuer: cluster,
        keys: jwks('cluster'),
        algorithms: ['ES256'],
        maxLifetime: 31_536_000,
      },
      {
        name: 'mesh',
        kind: 'workloads',
        issuer: 'spiffe://prod.example',
        // As SPIFFE bundles have them.
        keys: { jwks: [{ ...keys['spiffe']!.publicJwk, use: 'jwt-svid' }] },
        algorithms: ['ES256'],
        maxLifetime: 3600,
      },
    ],
  };
}

const signerOf = (name: string): Signer => {
  const { privateJwk } = keys[name]!;
  return createSigner({ algorithm: 'ES256', kid: privateJwk.kid, privateKey: privateJwk });
};
let serial = 0;
const sign = (by: string, typ: string, claims: JsonObject) => {
  const all = { iat: now, exp: now + 60, jti: `jti-${(serial += 1)}`, ...claims };
  const kept = Object.entries(all).filter(([, value]) => value !== undefined);
  return signJwt(signerOf(by), typ, Object.fromEntries(kept) as JsonObject);
};

interface Answer {
  readonly status: number;
  readonly json: Record<string, unknown>;
  readonly text: string;
  readonly headers: Headers;
}

async function post(
  parameters: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${server.running.url}oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams(parameters),
    headers,
  });
  const text = await response.text();
  return { status: response.status, json: JSON.parse(text), text, headers: response.headers };
}

const claimsOf = ({ json }: Answer) => parseToken(String(json['access_token'])).claims;
const asWeb = { 'x-api-key': apiKeys.web.secret };
const asHerald = { 'x-api-key': apiKeys.herald.secret };
const withAssertion = (assertion: string, more: Record<string, string> = {}) => ({
  grant_type: 'client_credentials',
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: assertion,
  ...more,
});
const own = (client: string, claims: JsonObject = {}, typ = 'client-authentication+jwt') =>
  sign(client, typ, { iss: client, sub: client, aud: issuer, ...claims });

describe('an API key alone', () => {
  it('names its client', async () => {
    const got = await post({ grant_type: 'client_credentials' }, asHerald);
    expect([got.status, claimsOf(got)['client_id']]).toEqual([200, 'herald']);
  });

  it('is refused alike for an unknown client and a wrong secret', async () => {
    const unknown = await post(
      { grant_type: 'client_credentials' },
      { 'x-api-key': generateSecret('nobody').secret },
    );
    const wrong = await post(
      { grant_type: 'client_credentials' },
      { 'x-api-key': generateSecret('herald').secret },
    );
    expect([unknown.status, unknown.text]).toEqual([401, wrong.text]);
    expect(unknown.json['error']).toBe('invalid_client');
  });
});

describe('private_key_jwt', () => {
  it.each(['client-authentication+jwt', 'JWT', 'application/client-authentication+jwt'])(
    'accepts the type %s',
    async (typ) => {
      const got = await post(withAssertion(await own('herald', {}, typ)));
      expect([got.status, claimsOf(got)['client_id']]).toEqual([200, 'herald']);
    },
  );

  it('accepts clocks that are off by little', async () => {
    const ahead = await own('herald', { iat: now + 8, nbf: now + 8, exp: now + 60 });
    expect((await post(withAssertion(ahead))).status).toBe(200);
  });

  it('takes each assertion once', async () => {
    const assertion = await own('herald');
    expect((await post(withAssertion(assertion))).status).toBe(200);
    const again = await post(withAssertion(assertion));
    expect([again.status, again.json['error']]).toEqual([401, 'invalid_client']);
  });

  it('takes of ten at once exactly one', async () => {
    const assertion = await own('herald');
    const all = await Promise.all(Array.from({ length: 10 }, () => post(withAssertion(assertion))));
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it.each<[string, () => Promise<string>, Record<string, string>?]>([
    ['the token endpoint as aud', () => own('herald', { aud: `${issuer}/oauth2/token` })],
    ['aud as a list', () => own('herald', { aud: [issuer] })],
    ['aud as a list with others', () => own('herald', { aud: [issuer, 'https://other.example'] })],
    ['another server as aud', () => own('herald', { aud: 'https://other.example' })],
    ['the issuer with a slash as aud', () => own('herald', { aud: `${issuer}/` })],
    ['no aud', () => own('herald', { aud: undefined })],
    ['a life of a day', () => own('herald', { exp: now + 86_400 })],
    ['a life of 301 seconds', () => own('herald', { exp: now + 301 })],
    ['one from the future', () => own('herald', { iat: now + 61, exp: now + 120 })],
    ['nbf in the future', () => own('herald', { nbf: now + 61, exp: now + 120 })],
    ['one that expired', () => own('herald', { iat: now - 400, exp: now - 300 })],
    ['no exp', () => own('herald', { exp: undefined })],
    ['no jti', () => own('herald', { jti: undefined })],
    ['an empty jti', () => own('herald', { jti: '' })],
    ['a jti of 300 characters', () => own('herald', { jti: 'a'.repeat(300) })],
    ['no sub', () => own('herald', { sub: undefined })],
    ['another sub', () => own('herald', { sub: 'web' })],
    ['another iss', () => own('herald', { iss: 'web' })],
    [
      'the key of another client',
      () => sign('web', 'JWT', { iss: 'herald', sub: 'herald', aud: issuer }),
    ],
    [
      'a client that does not exist',
      () => sign('web', 'JWT', { iss: 'nobody', sub: 'nobody', aud: issuer }),
    ],
    [
      'a client without keys',
      () => sign('web', 'JWT', { iss: 'batch', sub: 'batch', aud: issuer }),
    ],
    ['another client_id beside it', () => own('herald'), { client_id: 'web' }],
    ['the type of an access token', () => own('herald', {}, 'at+jwt')],
    ['the type of a service token', () => own('herald', {}, 'service+jwt')],
    ['garbage', async () => 'a.b.c'],
    ['no signature', async () => `${(await own('herald')).split('.').slice(0, 2).join('.')}.`],
    ['8193 bytes', async () => 'a'.repeat(8_193)],
  ])('refuses %s like everything else', async (_what, assertion, more = {}) => {
    const got = await post(withAssertion(await assertion(), more));
    expect([got.status, got.json]).toEqual([
      401,
      {
        error: 'invalid_client',
        error_description: 'The client is unknown or its credentials are wrong',
      },
    ]);
    expect(got.headers.get('www-authenticate')).toBeNull();
  });

  it('refuses an assertion beside an API key', async () => {
    const got = await post(withAssertion(await own('herald')), asHerald);
    expect([got.status, got.json['error']]).toEqual([400, 'invalid_request']);
  });

  it('reads keys from where they are published, on networks that are listed', async () => {
    const remote = () => own('remote');
    const before = asked;
    expect((await post(withAssertion(await remote()))).status).toBe(200);
    expect((await post(withAssertion(await remote()))).status).toBe(200);
    expect(asked - before).toBe(1);
    const hidden = await sign('remote', 'JWT', { iss: 'inside', sub: 'inside', aud: issuer });
    const got = await post(withAssertion(hidden));
    expect([got.status, got.json['error']]).toEqual([503, 'temporarily_unavailable']);
    expect(got.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(asked - before).toBe(1);
  });
});

describe('a workload', () => {
  const account = (claims: JsonObject = {}) =>
    sign('cluster', 'JWT', {
      iss: cluster,
      sub: 'system:serviceaccount:jobs:cron',
      aud: [issuer, 'https://other.example'],
      exp: now + 86_400,
      jti: undefined,
      ...claims,
    });
  const svid = (claims: JsonObject = {}) =>
    sign('spiffe', 'JWT', {
      sub: 'spiffe://prod.example/jobs/batch',
      aud: issuer,
      jti: undefined,
      iat: undefined,
      ...claims,
    });

  it('authenticates with the token of its platform, again and again', async () => {
    const token = await account();
    for (const more of [{}, { client_id: 'cron' }]) {
      const got = await post(withAssertion(token, more));
      expect([got.status, claimsOf(got)['client_id']]).toEqual([200, 'cron']);
    }
  });

  it('authenticates with a JWT-SVID that names no issuer', async () => {
    const got = await post(withAssertion(await svid()));
    expect([got.status, claimsOf(got)['client_id']]).toEqual([200, 'batch']);
  });

  it('is the client that it names, where it is several', async () => {
    const token = await account({ sub: 'system:serviceaccount:jobs:batch' });
    const named = await post(withAssertion(token, { client_id: 'batch-2' }));
    expect(claimsOf(named)['client_id']).toBe('batch-2');
    const ambiguous = await post(withAssertion(token));
    expect([ambiguous.status, ambiguous.json['error']]).toEqual([401, 'invalid_client']);
  });

  it.each<[string, () => Promise<string>, Record<string, string>?]>([
    ['another audience', () => account({ aud: 'https://other.example' })],
    ['another subject', () => account({ sub: 'system:serviceaccount:jobs:evil' })],
    ['a subject in another case', () => account({ sub: 'System:serviceaccount:jobs:cron' })],
    ['a client that it is not', () => account(), { client_id: 'batch' }],
    ['another issuer', () => account({ iss: 'https://evil.example' })],
    ['a token of its platform that expired', () => account({ iat: now - 90, exp: now - 30 })],
    ['the trust domain of another', () => svid({ sub: 'spiffe://evil.example/jobs/batch' })],
    ['a SPIFFE ID by a detour', () => svid({ sub: 'spiffe://prod.example/x/../jobs/batch' })],
    [
      'a SPIFFE ID signed by the cluster',
      () => account({ sub: 'spiffe://prod.example/jobs/batch' }),
    ],
    ['a life beyond what is registered', () => svid({ exp: now + 3_700 })],
    ['a token bound to a key', () => svid({ cnf: { jkt: 'x' } })],
    ['an issuer of people', () => sign('people', 'JWT', { iss: people, sub: ann, aud: issuer })],
  ])('refuses %s', async (_what, token, more = {}) => {
    const got = await post(withAssertion(await token(), more));
    expect([got.status, got.json['error']]).toEqual([401, 'invalid_client']);
  });
});

describe('token exchange', () => {
  const forAnn = async () => {
    const got = await post(
      { grant_type: 'client_credentials', audience: herald, requested_subject: ann },
      asWeb,
    );
    return String(got.json['access_token']);
  };
  const ask = (subject: string, more: Record<string, string> = {}) => ({
    grant_type: exchange,
    subject_token: subject,
    subject_token_type: accessToken,
    audience: census,
    ...more,
  });
  const selfIssued = (claims: JsonObject = {}, typ = 'service+jwt') =>
    sign('web', typ, { iss: web, sub: ann, aud: herald, scope: 'notifications:send', ...claims });
  const persons = (claims: JsonObject = {}, typ = 'at+jwt') =>
    sign('people', typ, {
      iss: people,
      sub: ann,
      aud: `${issuer}/exchange`,
      client_id: 'web',
      scope: 'openid notifications:send',
      exp: now + 600,
      ...claims,
    });

  it('goes on behalf of the user, and says who acts', async () => {
    const got = await post(ask(await forAnn()), asHerald);
    expect(got.json).toMatchObject({
      issued_token_type: accessToken,
      token_type: 'Bearer',
      scope: 'users:read',
    });
    expect(claimsOf(got)).toMatchObject({
      sub: ann,
      aud: census,
      client_id: 'herald',
      act: { sub: 'herald', act: { sub: 'web' } },
    });
  });

  it('never outlives the subject token', async () => {
    const token = await forAnn();
    now += 290;
    const got = await post(ask(token), asHerald);
    expect(got.json['expires_in']).toBe(10);
    now += 10;
    const late = await post(ask(token), asHerald);
    expect([late.status, late.json['error']]).toEqual([400, 'invalid_request']);
  });

  it('lives as long as its service says, where that is less', async () => {
    const got = await post(ask(await forAnn(), { audience: web }), asHerald);
    expect(got.json['expires_in']).toBe(30);
  });

  it('takes the token that a service signed itself, with the service in the chain', async () => {
    const got = await post(ask(await selfIssued(), { subject_token_type: jwt }), asHerald);
    expect(claimsOf(got)).toMatchObject({ sub: ann, act: { sub: 'herald', act: { sub: 'web' } } });
  });

  it('takes the token of a person from the client it was issued to', async () => {
    const got = await post(ask(await persons(), { audience: herald }), asWeb);
    expect(got.json['scope']).toBe('notifications:send');
    expect(claimsOf(got)).toMatchObject({ sub: ann, act: { sub: 'web' } });
  });

  it('takes the bound token of a person from who shows its key, and binds what it becomes', async () => {
    const clock = { now: () => now, monotonic: () => 0 };
    const proofs = dpopProofs({ key: await generateSigningKey('ES256'), clock });
    const dpop = () => proofs.proof({ method: 'POST', url: `${issuer}/oauth2/token` });
    const { jkt } = proofs;
    const exchanged = async (cnf: JsonObject) =>
      post(ask(await persons({ cnf }), { audience: herald }), { ...asWeb, dpop: await dpop() });
    const got = await exchanged({ jkt });
    expect([got.json['token_type'], claimsOf(got)['cnf']]).toEqual(['DPoP', { jkt }]);
    for (const cnf of [{}, { jkt: [jkt] }, { jkt, kid: 'a' }, { jkt, 'x5t#S256': jkt }]) {
      expect((await exchanged(cnf)).json['error']).toBe('invalid_request');
    }
  });

  it('keeps a chain of another issuer under the names of that issuer', async () => {
    const token = await persons({ act: { sub: 'herald' } });
    const got = await post(ask(token, { audience: herald }), asWeb);
    expect(claimsOf(got)['act']).toEqual({ sub: 'web', act: { sub: 'herald', iss: people } });
  });

  it('takes an actor token of the client itself', async () => {
    const mine = await post({ grant_type: 'client_credentials' }, asHerald);
    const actor = { actor_token: String(mine.json['access_token']), actor_token_type: accessToken };
    expect((await post(ask(await forAnn(), actor), asHerald)).status).toBe(200);
  });

  it.each<[string, string, () => Promise<Record<string, string>>, Record<string, string>?]>([
    ['no subject token', 'invalid_request', async () => ask('')],
    ['garbage', 'invalid_request', async () => ask('a.b.c')],
    [
      'an unknown kind of token',
      'invalid_request',
      async () =>
        ask(await forAnn(), {
          subject_token_type: 'urn:ietf:params:oauth:token-type:refresh_token',
        }),
    ],
    [
      'an ID token',
      'invalid_request',
      async () => ask(await persons({}, 'JWT'), { audience: herald }),
      asWeb,
    ],
    [
      'an unsigned token',
      'invalid_request',
      async () => ask(`${(await forAnn()).split('.').slice(0, 2).join('.')}.`),
    ],
    ['a token for another service', 'invalid_request', async () => ask(await forAnn()), asWeb],
    [
      'the token of a person for another client',
      'invalid_request',
      async () => ask(await persons({ client_id: 'herald' }), { audience: herald }),
      asWeb,
    ],
    [
      'a person outside the prefixes of its issuer',
      'invalid_request',
      async () => ask(await persons({ sub: 'https://evil.example/user/1/' }), { audience: herald }),
      asWeb,
    ],
    [
      'a person without a canonical name',
      'invalid_request',
      async () => ask(await persons({ sub: `${users}../admin/` }), { audience: herald }),
      asWeb,
    ],
    [
      'a token bound to a key',
      'invalid_request',
      async () => ask(await persons({ cnf: { jkt: 'x' } }), { audience: herald }),
      asWeb,
    ],
    [
      'two audiences in a subject token',
      'invalid_request',
      async () => ask(await persons({ aud: [`${issuer}/exchange`, web] }), { audience: herald }),
      asWeb,
    ],
    [
      'an issuer nobody trusts',
      'invalid_request',
      async () => ask(await persons({ iss: 'https://evil.example' }), { audience: herald }),
      asWeb,
    ],
    [
      'a trusted issuer with another key',
      'invalid_request',
      async () =>
        ask(
          await sign('stranger', 'at+jwt', {
            iss: people,
            sub: ann,
            aud: `${issuer}/exchange`,
            client_id: 'web',
          }),
          { audience: herald },
        ),
      asWeb,
    ],
    [
      'a life beyond what its issuer may give',
      'invalid_request',
      async () => ask(await persons({ exp: now + 3_700 }), { audience: herald }),
      asWeb,
    ],
    [
      "a chain that names our clients in another issuer's token",
      'invalid_request',
      async () =>
        ask(await persons({ act: { sub: 'app', act: { sub: 'herald', iss: issuer } } }), {
          audience: herald,
        }),
      asWeb,
    ],
    [
      'a chain that a service made up',
      'invalid_request',
      async () => ask(await selfIssued({ act: { sub: 'admin' } }), { subject_token_type: jwt }),
    ],
    [
      'a user whom a service may not name',
      'invalid_request',
      async () =>
        ask(await selfIssued({ sub: 'https://evil.example/user/1/' }), { subject_token_type: jwt }),
    ],
    [
      'a service token called an access token',
      'invalid_request',
      async () => ask(await selfIssued()),
    ],
    [
      'a client assertion as a token',
      'invalid_request',
      async () =>
        ask(await selfIssued({}, 'client-authentication+jwt'), { subject_token_type: jwt }),
    ],
    [
      'an actor token of another service',
      'invalid_request',
      async () =>
        ask(await forAnn(), { actor_token: await selfIssued({ sub: web }), actor_token_type: jwt }),
    ],
    [
      'an actor token about a user',
      'invalid_request',
      async () =>
        ask(await forAnn(), { actor_token: await forAnn(), actor_token_type: accessToken }),
    ],
    [
      'an actor token without its type',
      'invalid_request',
      async () => ask(await forAnn(), { actor_token: 'a.b.c' }),
    ],
    [
      'the type of an actor token alone',
      'invalid_request',
      async () => ask(await forAnn(), { actor_token_type: jwt }),
    ],
    [
      'another who may act',
      'invalid_request',
      async () => ask(await persons({ may_act: { sub: 'herald' } }), { audience: herald }),
      asWeb,
    ],
    [
      'may_act of no form we know',
      'invalid_request',
      async () => ask(await persons({ may_act: ['web'] }), { audience: herald }),
      asWeb,
    ],
    [
      'a refresh token to be issued',
      'invalid_request',
      async () =>
        ask(await forAnn(), {
          requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token',
        }),
    ],
    [
      'a subject as a parameter',
      'invalid_request',
      async () => ask(await forAnn(), { requested_subject: ann }),
    ],
    [
      'a scope beyond the edge',
      'invalid_scope',
      async () => ask(await forAnn(), { scope: 'users:write' }),
    ],
    [
      'an audience without an edge',
      'invalid_target',
      async () => ask(await forAnn(), { audience: `${issuer}/admin` }),
    ],
    [
      'the same by resource',
      'invalid_target',
      async () => {
        const { audience, ...rest } = ask(await forAnn());
        return { ...rest, resource: `${audience}x/` };
      },
    ],
    ['no audience', 'invalid_target', async () => ask(await forAnn(), { audience: '' })],
  ])('refuses %s with %s', async (_what, code, parameters, headers = asHerald) => {
    const got = await post(await parameters(), headers);
    expect([got.status, got.json['error']]).toEqual([400, code]);
  });

  it('refuses a client that may exchange nothing', async () => {
    const idle = `Basic ${Buffer.from('idle:idle').toString('base64')}`;
    const got = await post(ask(await forAnn()), { authorization: idle });
    expect([got.status, got.json['error']]).toEqual([400, 'unauthorized_client']);
  });
});

describe('the JWT bearer grant', () => {
  const statement = (claims: JsonObject = {}, by = 'web') =>
    sign(by, 'JWT', { iss: by, sub: ann, aud: issuer, ...claims });
  const ask = (assertion: string, more: Record<string, string> = {}) => ({
    grant_type: bearer,
    assertion,
    audience: herald,
    ...more,
  });

  it('takes the word of a client for users within its grant', async () => {
    for (const iss of ['web', web]) {
      const got = await post(ask(await statement({ iss })), asWeb);
      expect(got.json['scope']).toBe('notifications:send notifications:read');
      expect(claimsOf(got)).toMatchObject({ sub: ann, act: { sub: 'web' }, aud: herald });
    }
  });

  it('takes the word of a trusted issuer for its users, along an edge and no longer', async () => {
    const assertion = await sign('people', 'JWT', { iss: people, sub: ann, aud: issuer });
    const got = await post(ask(assertion), asWeb);
    expect(got.json).toMatchObject({ scope: 'notifications:send', expires_in: 60 });
    expect(claimsOf(got)).toMatchObject({ sub: ann, act: { sub: 'web' } });
  });

  it('takes each assertion once, and spends none on a request that fails', async () => {
    const assertion = await statement();
    const failed = await post(ask(assertion, { scope: 'unknown' }), asWeb);
    expect(failed.json['error']).toBe('invalid_scope');
    expect((await post(ask(assertion), asWeb)).status).toBe(200);
    const again = await post(ask(assertion), asWeb);
    expect([again.status, again.json['error']]).toEqual([400, 'invalid_grant']);
  });

  it.each<[string, string, () => Promise<Record<string, string>>, Record<string, string>?]>([
    ['no assertion', 'invalid_request', async () => ask('')],
    ['garbage', 'invalid_grant', async () => ask('a.b.c')],
    [
      'an issuer nobody trusts',
      'invalid_grant',
      async () => ask(await statement({ iss: 'https://evil.example' })),
    ],
    ['another client', 'invalid_grant', async () => ask(await statement({}, 'herald'))],
    [
      'a platform of workloads',
      'invalid_grant',
      async () => ask(await sign('cluster', 'JWT', { iss: cluster, sub: ann, aud: issuer })),
    ],
    [
      'another server as aud',
      'invalid_grant',
      async () => ask(await statement({ aud: 'https://other.example' })),
    ],
    ['aud as a list', 'invalid_grant', async () => ask(await statement({ aud: [issuer] }))],
    [
      'a user outside its grant',
      'invalid_grant',
      async () => ask(await statement({ sub: 'https://evil.example/user/1/' })),
    ],
    ['itself as a user', 'invalid_grant', async () => ask(await statement({ sub: 'web' }))],
    ['no jti', 'invalid_grant', async () => ask(await statement({ jti: undefined }))],
    ['a key not shown', 'invalid_grant', async () => ask(await statement({ cnf: { jkt: 'x' } }))],
    [
      'a chain of its own making',
      'invalid_grant',
      async () => ask(await statement({ act: { sub: 'admin' } })),
    ],
    ['a life of a day', 'invalid_grant', async () => ask(await statement({ exp: now + 86_400 }))],
    [
      'an access token',
      'invalid_grant',
      async () => ask(await sign('web', 'at+jwt', { iss: 'web', sub: ann, aud: issuer })),
    ],
    [
      'an assertion of an issuer for another client',
      'invalid_grant',
      async () =>
        ask(await sign('people', 'JWT', { iss: people, sub: ann, aud: issuer, azp: 'herald' })),
    ],
    [
      'a subject as a parameter',
      'invalid_request',
      async () => ask(await statement(), { requested_subject: ann }),
    ],
    [
      'an audience that is not granted',
      'invalid_target',
      async () => ask(await statement(), { audience: census }),
    ],
    [
      'a client that may name no user',
      'unauthorized_client',
      async () => ask(await statement({}, 'herald'), { audience: census }),
      asHerald,
    ],
  ])('refuses %s with %s', async (_what, code, parameters, headers = asWeb) => {
    const got = await post(await parameters(), headers);
    expect([got.status, got.json['error']]).toEqual([400, code]);
  });
});

describe('what was signed before a revocation', () => {
  const bob = `${users}7/`;
  const ofPerson = (sub: string) =>
    sign('people', 'at+jwt', { iss: people, sub, aud: `${issuer}/exchange`, client_id: 'web' });
  const ofService = (sub: string) =>
    sign('web', 'service+jwt', { iss: web, sub, aud: herald, scope: 'notifications:send' });
  const statement = (sub: string) => sign('web', 'JWT', { iss: 'web', sub, aud: issuer });
  const requests = {
    'a token of a person': async (sub: string) => ({
      grant_type: exchange,
      subject_token: await ofPerson(sub),
      subject_token_type: accessToken,
      audience: herald,
    }),
    'a token that a service signed itself': async (sub: string) => ({
      grant_type: exchange,
      subject_token: await ofService(sub),
      subject_token_type: jwt,
      audience: census,
    }),
    'a statement of a client': async (sub: string) => ({
      grant_type: bearer,
      assertion: await statement(sub),
      audience: herald,
    }),
  };
  const senders = [asWeb, asHerald, asWeb];

  it.each(Object.entries(requests).map(([what, make], at) => [what, make, senders[at]!] as const))(
    'becomes no new token about the subject: %s',
    async (_what, make, headers) => {
      const [about, other] = [await make(bob), await make(ann)];
      await server.running.app.get(RevocationStore).revokeSubject(bob, { client: 'ops' });
      expect((await post(about, headers)).status).toBe(400);
      expect((await post(other, headers)).status).toBe(200);
      now += 1;
      expect((await post(await make(bob), headers)).status).toBe(200);
    },
  );

  it('becomes no new token of its client', async () => {
    const store = server.running.app.get(RevocationStore);
    const token = { ...(await requests['a token that a service signed itself'](ann)) };
    const assertion = await own('web', { jti: 'kept-for-later' });
    await store.revokeClient('web', { client: 'ops' });
    expect((await post(token, asHerald)).json['error']).toBe('invalid_request');
    expect((await post(withAssertion(assertion, { audience: herald }))).status).toBe(401);
    now += 1;
    const anew = withAssertion(await own('web'), { audience: herald });
    expect((await post(anew)).status).toBe(200);
  });
});

describe('the audit', () => {
  it('has who asked how, for whom, and why somebody was refused; and no token', async () => {
    await post(
      { grant_type: 'client_credentials', audience: herald, requested_subject: ann },
      asWeb,
    );
    await post({ grant_type: 'client_credentials' }, { 'x-api-key': generateSecret('web').secret });
    await server.running.app.get(Audit).drain();
    const { events } = await server.running.app.get(AuditStore).find({ client: 'web', limit: 2 });
    expect(events).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          event: 'token.issued',
          client: 'web',
          subject: ann,
          audience: herald,
          method: 'api_key',
          credential: expect.any(String),
          address: '127.0.0.1',
        }),
        expect.objectContaining({ event: 'token.refused', code: 'invalid_client' }),
      ]),
    );
    expect(JSON.stringify(events)).not.toMatch(/eyJ|cs_/);
  });
});
