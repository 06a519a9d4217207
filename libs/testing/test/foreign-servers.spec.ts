import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import {
  createTrustRegistry,
  decide,
  foreignServer,
  isCanonicalUri,
  toPrincipal,
  verifyToken,
} from '@countersign/token';
import type {
  AccessError,
  ForeignPreset,
  ForeignServerOptions,
  Json,
  Principal,
  Relaxation,
} from '@countersign/token';

import { compactJwt, createTestKey, testClock } from '../src/index.js';

type Members = Readonly<Record<string, Json>>;

interface Vendor {
  readonly preset: ForeignPreset;
  readonly header: Members;
  readonly options: Omit<ForeignServerOptions, 'jwks'>;
  /** Access tokens as the vendor writes them. */
  readonly machine: Members;
  readonly user: Members;
  readonly userUri: string;
  /** What else it signs with the same keys. */
  readonly others: Readonly<Record<string, Members>>;
}

const census = 'https://census.example/';
const people = 'https://people.example/u/';
const clock = testClock();
const key = createTestKey('RS256', 'vendor-key');
const now = clock.now();
const times = { iat: now - 5, exp: now + 300 };

const realm = 'https://sso.example/realms/shop';
const keycloakMachine = {
  ...times,
  jti: 'trrtcc:6c1c8a94-0a28-4f2e-9a7b-2b7d4f0a6f11',
  iss: realm,
  aud: [census, 'account'],
  sub: 'd952cf23-bf92-4c8f-a3ff-4972b4f2bc5b',
  typ: 'Bearer',
  azp: 'herald',
  acr: '1',
  realm_access: { roles: ['default-roles-shop'] },
  scope: 'email profile users:read',
  clientHost: '10.0.0.7',
  preferred_username: 'service-account-herald',
  clientAddress: '10.0.0.7',
  client_id: 'herald',
};
const keycloakUser = {
  ...times,
  auth_time: now - 60,
  jti: 'onrtac:1b3b7d7b-5a2e-4f34-8a53-0d4d5c1f0c77',
  iss: realm,
  aud: census,
  sub: '7f6c1f0a-35d6-4c5f-8bb5-64f4a1a1a001',
  typ: 'Bearer',
  azp: 'herald',
  sid: 'a1e8f1b0-7c44-4e51-9fd8-0f2ad0a1f7b5',
  scope: 'openid profile users:read',
  preferred_username: 'ann',
};

const tenant = '11111111-2222-4333-8444-555555555555';
const application = '99999999-8888-4777-8666-555555555555';
const entraClient = '0a0a0a0a-1b1b-4c2c-8d3d-4e4e4e4e4e4e';
const principalId = 'cafecafe-0000-4000-8000-000000000001';
const annId = 'cafecafe-0000-4000-8000-0000000000aa';
const entraV2 = `https://login.microsoftonline.com/${tenant}/v2.0`;
const entraV1 = `https://sts.windows.net/${tenant}/`;
const entraCommon = { ...times, nbf: times.iat, tid: tenant, uti: 'Zx0k2bq', rh: '0.AAAA' };
const entraMachineV2 = {
  ...entraCommon,
  iss: entraV2,
  aud: application,
  azp: entraClient,
  azpacr: '1',
  oid: principalId,
  sub: principalId,
  roles: ['users:read'],
  ver: '2.0',
};
const entraUserV2 = {
  ...entraCommon,
  iss: entraV2,
  aud: application,
  azp: entraClient,
  azpacr: '1',
  oid: annId,
  sub: 'pairwise-Zq1',
  scp: 'users:read profile',
  roles: ['Administrator'],
  ver: '2.0',
};

const vendors: readonly Vendor[] = [
  {
    preset: 'keycloak',
    header: { alg: 'RS256', typ: 'JWT', kid: key.kid },
    options: {
      issuer: realm,
      mayAssert: ['users:read'],
      callers: { herald: 'herald' },
      subjects: { prefix: people },
      relaxations: ['typ-jwt', 'act-missing'],
    },
    machine: keycloakMachine,
    user: keycloakUser,
    userUri: `${people}7f6c1f0a-35d6-4c5f-8bb5-64f4a1a1a001`,
    others: {
      'ID token': {
        ...keycloakUser,
        typ: 'ID',
        aud: 'herald',
        nonce: 'n',
        at_hash: 'MTIzNDU2Nzg5MDEyMzQ1Ng',
      },
      'refresh token': { ...keycloakUser, typ: 'Refresh', aud: realm },
      'logout token': { ...keycloakUser, typ: 'Logout' },
    },
  },
  {
    preset: 'entra',
    header: { alg: 'RS256', typ: 'JWT', kid: key.kid, x5t: key.kid },
    options: {
      issuer: entraV2,
      mayAssert: ['users:read'],
      audiences: { [application]: census },
      callers: { [entraClient]: 'herald' },
      subjects: { prefix: people },
      relaxations: ['typ-jwt', 'jti-missing', 'act-missing'],
    },
    machine: entraMachineV2,
    user: entraUserV2,
    userUri: people + annId,
    others: {
      'ID token': {
        ...entraCommon,
        iss: entraV2,
        aud: application,
        name: 'Ann',
        nonce: 'n',
        oid: annId,
        sub: 'pairwise-Zq1',
        ver: '2.0',
      },
      'ID token without nonce, with roles': {
        ...entraCommon,
        iss: entraV2,
        aud: application,
        oid: annId,
        sub: annId,
        roles: ['users:read'],
        ver: '2.0',
      },
      'token of another tenant': {
        ...entraMachineV2,
        tid: '22222222-2222-4333-8444-555555555555',
      },
      'v1.0 claims under a v2.0 issuer': { ...entraMachineV2, ver: '1.0' },
    },
  },
  {
    preset: 'entra',
    header: { alg: 'RS256', typ: 'JWT', kid: key.kid, x5t: key.kid },
    options: {
      issuer: entraV1,
      name: 'entra-v1',
      mayAssert: ['users:read'],
      audiences: { [`api://${application}`]: census },
      callers: { [entraClient]: 'herald' },
      subjects: { prefix: people },
      relaxations: ['typ-jwt', 'jti-missing', 'act-missing'],
    },
    machine: {
      ...entraCommon,
      iss: entraV1,
      aud: `api://${application}`,
      appid: entraClient,
      appidacr: '2',
      idtyp: 'app',
      idp: entraV1,
      oid: principalId,
      sub: principalId,
      roles: ['users:read'],
      ver: '1.0',
    },
    user: {
      ...entraCommon,
      iss: entraV1,
      aud: `api://${application}`,
      appid: entraClient,
      appidacr: '0',
      oid: annId,
      sub: 'pairwise-Zq1',
      scp: 'users:read',
      ver: '1.0',
    },
    userUri: people + annId,
    others: {
      'ID token': {
        ...entraCommon,
        iss: entraV1,
        aud: entraClient,
        oid: annId,
        sub: 's',
        ver: '1.0',
      },
    },
  },
  {
    preset: 'auth0',
    header: { alg: 'RS256', typ: 'JWT', kid: key.kid },
    options: {
      issuer: 'https://shop.eu.auth0.com/',
      mayAssert: ['users:read'],
      callers: { awZfdIir8YFdGZWkvCejDoUb7SjTDicx: 'herald' },
      subjects: { prefix: people },
      relaxations: ['typ-jwt', 'jti-missing', 'act-missing'],
    },
    machine: {
      ...times,
      iss: 'https://shop.eu.auth0.com/',
      sub: 'awZfdIir8YFdGZWkvCejDoUb7SjTDicx@clients',
      aud: census,
      azp: 'awZfdIir8YFdGZWkvCejDoUb7SjTDicx',
      scope: 'users:read',
      gty: 'client-credentials',
    },
    user: {
      ...times,
      iss: 'https://shop.eu.auth0.com/',
      sub: 'auth0|6553da60a54af58e29493993',
      aud: [census, 'https://shop.eu.auth0.com/userinfo'],
      azp: 'awZfdIir8YFdGZWkvCejDoUb7SjTDicx',
      scope: 'openid profile users:read',
    },
    userUri: `${people}auth0%7C6553da60a54af58e29493993`,
    others: {
      'ID token': {
        ...times,
        iss: 'https://shop.eu.auth0.com/',
        sub: 'auth0|6553da60a54af58e29493993',
        aud: 'awZfdIir8YFdGZWkvCejDoUb7SjTDicx',
        nonce: 'n',
      },
    },
  },
  {
    preset: 'okta',
    header: { alg: 'RS256', kid: key.kid },
    options: {
      issuer: 'https://shop.okta.com/oauth2/default',
      mayAssert: ['users:read'],
      audiences: { 'api://default': census },
      callers: { '0oa1b2c3d4e5f6g7h8i9': 'herald' },
      subjects: { prefix: people },
      relaxations: ['typ-missing', 'act-missing'],
    },
    machine: {
      ...times,
      ver: 1,
      jti: 'AT.SBfYiLXVjzQb2mA3cZ',
      iss: 'https://shop.okta.com/oauth2/default',
      aud: 'api://default',
      cid: '0oa1b2c3d4e5f6g7h8i9',
      scp: ['users:read'],
      sub: '0oa1b2c3d4e5f6g7h8i9',
    },
    user: {
      ...times,
      ver: 1,
      jti: 'AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMtXRkrpmjiM',
      iss: 'https://shop.okta.com/oauth2/default',
      aud: 'api://default',
      cid: '0oa1b2c3d4e5f6g7h8i9',
      uid: '00uj6dq3cyvgTxv5w0h7',
      scp: ['openid', 'users:read'],
      auth_time: now - 30,
      sub: 'ann@shop.example',
    },
    userUri: `${people}00uj6dq3cyvgTxv5w0h7`,
    others: {
      'ID token': {
        ...times,
        ver: 1,
        jti: 'ID.radCQMOQUmyvcTBmmIL0J6BaS60',
        iss: 'https://shop.okta.com/oauth2/default',
        aud: '0oa1b2c3d4e5f6g7h8i9',
        sub: '00uj6dq3cyvgTxv5w0h7',
        idp: '00o5rvsb7u7PgJCXo0h7',
        amr: ['pwd'],
        at_hash: 'MTIzNDU2Nzg5MDEyMzQ1Ng',
      },
    },
  },
  {
    preset: 'cognito',
    header: { kid: key.kid, alg: 'RS256' },
    options: {
      issuer: 'https://cognito-idp.eu-north-1.amazonaws.com/eu-north-1_Ab12Cd34e',
      audience: census,
      mayAssert: ['users:read'],
      scopePrefix: 'census/',
      callers: { '1example23456789': 'herald' },
      subjects: { prefix: people },
      relaxations: ['typ-missing', 'act-missing', 'aud-missing'],
    },
    machine: {
      ...times,
      sub: '1example23456789',
      token_use: 'access',
      scope: 'census/users:read billing/pay',
      auth_time: now - 5,
      iss: 'https://cognito-idp.eu-north-1.amazonaws.com/eu-north-1_Ab12Cd34e',
      version: 2,
      jti: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee',
      client_id: '1example23456789',
    },
    user: {
      ...times,
      sub: 'b0cc69cc-1011-70a6-0b3d-2c4a1c2d3e4f',
      'cognito:groups': ['staff'],
      iss: 'https://cognito-idp.eu-north-1.amazonaws.com/eu-north-1_Ab12Cd34e',
      version: 2,
      client_id: '1example23456789',
      origin_jti: 'aaaaaaaa-bbbb-4ccc-8ddd-ffffffffffff',
      token_use: 'access',
      scope: 'openid census/users:read',
      auth_time: now - 60,
      jti: 'aaaaaaaa-bbbb-4ccc-8ddd-000000000000',
      username: 'ann',
    },
    userUri: `${people}b0cc69cc-1011-70a6-0b3d-2c4a1c2d3e4f`,
    others: {
      'ID token': {
        ...times,
        sub: 'b0cc69cc-1011-70a6-0b3d-2c4a1c2d3e4f',
        aud: census,
        client_id: '1example23456789',
        token_use: 'id',
        iss: 'https://cognito-idp.eu-north-1.amazonaws.com/eu-north-1_Ab12Cd34e',
        jti: 'aaaaaaaa-bbbb-4ccc-8ddd-111111111111',
        'cognito:username': 'ann',
      },
    },
  },
];

const byName = vendors.map((vendor): [string, Vendor] => [
  vendor.options.name ?? vendor.preset,
  vendor,
]);

async function principalOf(
  { preset, options, header }: Vendor,
  claims: Members,
  head: Members = header,
): Promise<Principal> {
  const entry = foreignServer(preset, { ...options, jwks: [key.jwk] });
  const policy = {
    trust: createTrustRegistry([entry], { clock }),
    clock,
    clockTolerance: 10,
    maxTokenBytes: 8192,
  };
  const token = compactJwt(head, claims, key);
  return toPrincipal(await verifyToken({ token, carrier: 'Bearer' }, policy));
}

function without(members: Members, ...names: readonly string[]): Members {
  return Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name)));
}

const codeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'accepted',
    (error: AccessError) => error.code,
  );

describe.each(byName)('foreignServer: %s', (_name, vendor) => {
  const { preset, options, machine, user, others } = vendor;
  const issuer = options.issuer;

  it('knows a client that acts of its own right', async () => {
    const { caller, subject, scopes, audience } = await principalOf(vendor, machine);
    expect(caller).toMatchObject({ kind: 'service', issuer, name: 'herald' });
    expect(subject).toBeUndefined();
    expect(scopes).toEqual(['users:read']);
    expect(audience).toContain(census);
  });

  it('knows a user by a canonical URI of ours, and the client that acts for them', async () => {
    const { caller, subject, scopes } = await principalOf(vendor, user);
    expect(caller.name).toBe('herald');
    expect(subject).toEqual({ kind: 'user', issuer, uri: vendor.userUri });
    expect(isCanonicalUri(subject?.uri)).toBe(true);
    expect(scopes).toEqual(['users:read']);
  });

  it.each(Object.entries(others))('refuses its %s', async (_kind, claims) => {
    expect(await codeOf(principalOf(vendor, claims))).toBe('TYPE_MISMATCH');
  });

  it.each([...(options.relaxations as readonly Relaxation[])])(
    'gives nothing up without the word %s',
    async (word) => {
      const strict = {
        ...options,
        relaxations: options.relaxations?.filter((other) => other !== word) ?? [],
      };
      const { audience, ...rest } = strict;
      const stricter = word === 'aud-missing' || audience === undefined ? rest : strict;
      expect(await codeOf(principalOf({ ...vendor, options: stricter }, user))).not.toBe(
        'accepted',
      );
    },
  );

  it('says in the principal and in the trace of a decision what was relaxed', async () => {
    const principal = await principalOf(vendor, machine);
    expect([...(principal.relaxed ?? [])].sort()).toEqual([...(options.relaxations ?? [])].sort());
    const { trace } = decide(
      { access: 'protected', audience: 'census', require: [] },
      { principal, audiences: { census } },
    );
    expect(trace[0]).toEqual({
      check: 'trust',
      outcome: 'passed',
      got: { relaxed: principal.relaxed },
    });
  });

  it.each<[string, (claims: Members) => Members, string]>([
    [
      'an expired token',
      (claims) => ({ ...claims, iat: now - 400, exp: now - 100 }),
      'TOKEN_EXPIRED',
    ],
    ['a token without exp', (claims) => without(claims, 'exp'), 'CLAIM_INVALID'],
    ['a token without iat', (claims) => without(claims, 'iat'), 'CLAIM_INVALID'],
    [
      'a token that lives for a month',
      (claims) => ({ ...claims, exp: now + 2_592_000 }),
      'LIFETIME_TOO_LONG',
    ],
    [
      'a token of another issuer',
      (claims) => ({ ...claims, iss: `${issuer}x` }),
      'ISSUER_UNTRUSTED',
    ],
    ['a token without sub', (claims) => without(claims, 'sub'), 'CLAIM_INVALID'],
    ['an act by somebody else', (claims) => ({ ...claims, act: { sub: 'eve' } }), 'CLAIM_INVALID'],
  ])('is as strict as ever with %s', async (_what, change, code) => {
    expect(await codeOf(principalOf(vendor, change(user)))).toBe(code);
  });

  it('never takes a client for another, nor a user for a client', async () => {
    for (const name of ['azp', 'appid', 'client_id', 'cid'])
      if (machine[name] !== undefined)
        expect(
          await codeOf(principalOf(vendor, { ...machine, [name]: 'https://people.example/u/7' })),
        ).not.toBe('accepted');
  });

  it('speaks for no user without a prefix', async () => {
    const silent = { ...vendor, options: { ...options, subjects: [] } };
    expect(await codeOf(principalOf(silent, user))).toBe('SUBJECT_FORBIDDEN');
    expect(await codeOf(principalOf(silent, machine))).toBe('accepted');
  });

  it('accepts typ at+jwt whatever was relaxed, and other types never', async () => {
    const typed = (typ: string) => principalOf(vendor, machine, { ...vendor.header, typ });
    expect(await codeOf(typed('at+jwt'))).toBe('accepted');
    expect(await codeOf(typed('dpop+jwt'))).toBe('TYPE_MISMATCH');
    expect(await codeOf(typed('service+jwt'))).toBe('TYPE_MISMATCH');
  });

  it.each(['a/b', '..', '.', 'a\u0000b', '%2e%2e', '../../admin', 'x'.repeat(3000), '\ud800'])(
    'never lets a name of a user (%j) leave the prefix',
    async (name) => {
      const claim = { entra: 'oid', okta: 'uid' }[preset as string] ?? 'sub';
      const attempt = principalOf(vendor, { ...user, [claim]: name });
      const code = await codeOf(attempt);
      // Either it is refused, or it is one name below the prefix and nothing else.
      const uri = code === 'accepted' ? (await attempt).subject?.uri : undefined;
      if (uri === undefined)
        return expect(code).toMatch(/^(SUBJECT_FORBIDDEN|CLAIM_INVALID|TOKEN_MALFORMED)$/);
      expect(isCanonicalUri(uri)).toBe(true);
      expect(uri.slice(people.length)).not.toMatch(/^\.*$|\//);
      expect(decodeURIComponent(uri.slice(people.length))).toBe(name);
    },
  );
});

describe('foreignServer', () => {
  const vendor = (name: string) => (byName.find(([key]) => key === name) as [string, Vendor])[1];

  it.each<[ForeignPreset, string]>([
    ['entra', 'https://login.microsoftonline.com/{tenantid}/v2.0'],
    ['entra', 'https://login.microsoftonline.com/common/v2.0'],
    ['entra', 'https://login.microsoftonline.com/organizations/v2.0'],
    ['entra', 'https://login.microsoftonline.com/shop.example/v2.0'],
    ['entra', `https://login.microsoftonline.com/${tenant}`],
    ['entra', `https://login.microsoftonline.com/${tenant}/v2.0/`],
    ['keycloak', 'https://sso.example/'],
    ['keycloak', 'https://sso.example/realms/shop/'],
    ['auth0', 'https://shop.eu.auth0.com'],
    ['okta', 'https://shop.okta.com'],
    ['cognito', 'https://cognito-idp.eu-north-1.amazonaws.com/'],
    ['keycloak', 'http://sso.example/realms/shop'],
  ])('of %s refuses the issuer %s', (preset, issuer) => {
    expect(() => foreignServer(preset, { issuer, mayAssert: 'any' })).toThrow(/^issuer must/);
  });

  it.each<[string, object, RegExp]>([
    ['a word that its tokens do not need', { relaxations: ['aud-missing'] }, /^relaxations must/],
    ['a word that does not exist', { relaxations: ['signature'] }, /^relaxations must/],
    ['no mayAssert', { mayAssert: undefined }, /^mayAssert must/],
    ['an audience without the word', { audience: census }, /^audience must/],
    [
      'a prefix without its final slash',
      { subjects: { prefix: 'https://people.example/u' } },
      /^subjects must/,
    ],
    ['a prefix that is no text', { subjects: { prefix: 1 } }, /^subjects must/],
    ['users that are no list', { subjects: 'https://people.example/u/' }, /^subjects must/],
    ['users that are null', { subjects: null }, /^subjects must/],
    ['shared secrets', { algorithms: ['HS256'] }, /^algorithms must/],
    ['audiences that are no URIs', { audiences: { guid: 'census' } }, /^audiences must/],
    ['a misspelt option', { relaxation: [] }, /^relaxation is not an option/],
  ])('refuses %s', (_what, change, message) => {
    const options = { issuer: realm, mayAssert: 'any', ...change };
    expect(() => foreignServer('keycloak', options as ForeignServerOptions)).toThrow(message);
  });

  it('refuses a preset that does not exist', () => {
    const make = () => foreignServer('toString' as ForeignPreset, { issuer: realm, mayAssert: [] });
    expect(make).toThrow(/^preset must/);
  });

  it('wants the clients by name that stand in for a missing audience', async () => {
    const cognito = vendor('cognito');
    const rest = { ...cognito.options, callers: {} };
    expect(() => foreignServer('cognito', rest)).toThrow(/^callers must/);
    const others = { ...cognito, options: { ...rest, callers: { another: 'another' } } };
    expect(await codeOf(principalOf(others, cognito.machine))).toBe('AUDIENCE_MISMATCH');
  });

  it('believes an audience that is there, relaxed or not', async () => {
    const cognito = vendor('cognito');
    const claims = { ...cognito.machine, aud: 'https://billing.example/' };
    expect((await principalOf(cognito, claims)).audience).toEqual(['https://billing.example/']);
  });

  it('takes a user of Keycloak for one who calls himself like a service account', async () => {
    const keycloak = vendor('keycloak');
    const named = { ...keycloakUser, preferred_username: 'service-account-herald' };
    const mapped = { ...keycloakUser, client_id: 'herald' };
    for (const claims of [named, mapped])
      expect((await principalOf(keycloak, claims)).subject?.kind).toBe('user');
  });

  it.each<[string, string, Members]>([
    ['entra', 'neither scp nor a sign of an application', { ...entraMachineV2, sub: 'pairwise' }],
    ['entra', 'scp in a token for an application', { ...entraUserV2, idtyp: 'app' }],
    ['entra', 'two clients', { ...entraMachineV2, appid: application }],
  ])('of %s refuses %s', async (name, _what, claims) => {
    expect(await codeOf(principalOf(vendor(name), claims))).toBe('CLAIM_INVALID');
  });

  it('never reads the roles of an Entra user as scopes', async () => {
    const claims = { ...entraUserV2, roles: ['users:read'], scp: 'profile' };
    expect((await principalOf(vendor('entra'), claims)).scopes).toEqual([]);
  });

  it.each([
    ['scp', 'users:read  profile'],
    ['scp', ['users:read', 7]],
    ['scp', { 'users:read': true }],
    ['scp', ['users:read profile']],
  ])('refuses scopes of another form (%s: %j)', async (claim, value) => {
    const attempt = principalOf(vendor('okta'), { ...vendor('okta').user, [claim]: value });
    expect(await codeOf(attempt)).toBe('CLAIM_INVALID');
  });

  it('finds keys by OpenID Connect Discovery, and asks for no other document', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      const issuer = `http://${request.headers.host}/realms/shop`;
      const documents: Record<string, object> = {
        '/realms/shop/.well-known/openid-configuration': { issuer, jwks_uri: `${issuer}/certs` },
        '/realms/shop/certs': { keys: [key.jwk] },
      };
      const document = documents[request.url ?? ''];
      response.writeHead(document ? 200 : 400).end(JSON.stringify(document));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/realms/shop`;
    const { options, header } = vendor('keycloak');
    const trust = createTrustRegistry([foreignServer('keycloak', { ...options, issuer })], {
      clock,
    });
    const token = compactJwt(header, { ...keycloakMachine, iss: issuer }, key);
    const policy = { trust, clock, clockTolerance: 10, maxTokenBytes: 8192 };
    const { kid } = await verifyToken({ token, carrier: 'Bearer' }, policy);
    expect([kid, asked]).toEqual([
      key.kid,
      ['/realms/shop/.well-known/openid-configuration', '/realms/shop/certs'],
    ]);
    server.close();
    server.closeAllConnections();
  });
});
