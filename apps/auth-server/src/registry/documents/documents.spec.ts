import { generateKeyPairSync } from 'node:crypto';

import { generateSigningKey } from '@countersign/token';
import type { z } from 'zod';

import { clientDocument, issuerDocument, serviceDocument } from './documents.js';

const users = 'https://census.example/user/';
const rsa = (bits: number) =>
  generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ format: 'jwk' });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const encryptionKey = { ...ec.publicKey.export({ format: 'jwk' }), kid: 'e1', use: 'enc' };
const { kty, crv, x, y } = encryptionKey as Record<string, string>;

const service = { name: 'herald', audience: 'https://herald.example/', scopes: ['send'] };
const issuer = {
  name: 'login',
  kind: 'users',
  issuer: 'https://login.example',
  keys: { discover: true },
  algorithms: ['ES256'],
  maxLifetime: 300,
};
const grant = { service: 'herald', scopes: ['send'] };
const edge = { source: 'census', target: 'herald', scopes: ['send'] };

/** The places of what is wrong. */
function problemsOf(schema: z.ZodType, document: unknown): string[] {
  const result = schema.safeParse(document);
  return result.success ? [] : result.error.issues.map(({ path }) => path.join('.'));
}

describe('serviceDocument', () => {
  it.each([
    ['with nothing but the least', {}],
    ['with every member', { tokenLifetime: 60, algorithm: 'RS256', encryptionKey }],
    ['that offers nothing', { scopes: [] }],
    ['with an RSA key to encrypt to', { encryptionKey: { ...rsa(2048), kid: 'r' } }],
  ])('accepts one %s', (_what, change) => {
    expect(problemsOf(serviceDocument, { ...service, ...change })).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['a name of this server', { name: 'exchange' }, 'name'],
    ['a name in capitals', { name: 'Herald' }, 'name'],
    ['a name of 65 characters', { name: 'a'.repeat(65) }, 'name'],
    ['an audience that is not canonical', { audience: 'https://HERALD.example/' }, 'audience'],
    ['an audience that runs a script', { audience: 'javascript:alert(1)' }, 'audience'],
    ['an audience with a query', { audience: 'https://herald.example/?a' }, 'audience'],
    ['a scope with a space', { scopes: ['a b'] }, 'scopes.0'],
    ['a scope with a quote', { scopes: ['a"b'] }, 'scopes.0'],
    ['a scope twice', { scopes: ['a', 'a'] }, 'scopes'],
    [
      'ten thousand scopes',
      { scopes: Array.from({ length: 10_000 }, (_, n) => `s${n}`) },
      'scopes',
    ],
    ['no lifetime at all', { tokenLifetime: 0 }, 'tokenLifetime'],
    ['half a second', { tokenLifetime: 0.5 }, 'tokenLifetime'],
    ['a lifetime of a week', { tokenLifetime: 604_800 }, 'tokenLifetime'],
    ['a shared-secret algorithm', { algorithm: 'HS256' }, 'algorithm'],
    ['no algorithm', { algorithm: 'none' }, 'algorithm'],
    [
      'a private key to encrypt to',
      { encryptionKey: { ...ec.privateKey.export({ format: 'jwk' }), kid: 'a' } },
      'encryptionKey',
    ],
    ['a symmetric key', { encryptionKey: { kty: 'oct', k: 'AAAA', kid: 'a' } }, 'encryptionKey'],
    ['a key without a kid', { encryptionKey: { kty, crv, x, y } }, 'encryptionKey'],
    ['a signature key', { encryptionKey: { ...encryptionKey, use: 'sig' } }, 'encryptionKey'],
    [
      'an algorithm with a password',
      { encryptionKey: { ...encryptionKey, alg: 'PBES2-HS256+A128KW' } },
      'encryptionKey',
    ],
    [
      'RSA with PKCS #1 padding',
      { encryptionKey: { ...rsa(2048), kid: 'a', alg: 'RSA1_5' } },
      'encryptionKey',
    ],
    ['an RSA key of 1024 bits', { encryptionKey: { ...rsa(1024), kid: 'a' } }, 'encryptionKey'],
    [
      'a point off its curve',
      { encryptionKey: { ...encryptionKey, x: 'A'.repeat(43) } },
      'encryptionKey',
    ],
    ['a key type that is an object', { encryptionKey: { kid: 'a', kty: {} } }, 'encryptionKey'],
    ['a member nobody knows', { admin: true }, ''],
    ['an inherited name', { scopes: ['__proto__'] }, 'scopes.0'],
  ])('refuses %s', (_what, change, place) => {
    expect(problemsOf(serviceDocument, { ...service, ...change })).toEqual([place]);
  });
});

describe('clientDocument', () => {
  it('fills in what is left out', () => {
    expect(clientDocument.parse({ id: 'a_b~c.d-1', grants: [grant], onBehalfOf: [edge] })).toEqual({
      id: 'a_b~c.d-1',
      algorithms: [],
      dpopBoundAccessTokens: false,
      certificateBoundAccessTokens: false,
      identities: [],
      grants: [{ ...grant, subjects: [], reason: '' }],
      onBehalfOf: [{ ...edge, impersonation: false, reason: '' }],
    });
  });

  it('writes every time in one spelling', () => {
    const expires = '2027-01-01T02:00:00+02:00';
    const { grants } = clientDocument.parse({ id: 'a', grants: [{ ...grant, expires }] });
    expect(grants[0]?.expires).toBe('2027-01-01T00:00:00.000Z');
  });

  it.each<[string, object, string]>([
    ['no id', { id: '' }, 'id'],
    ['an id that is a URI', { id: users }, 'id'],
    ['an id with a colon', { id: 'a:b' }, 'id'],
    ['an id with a line break', { id: 'a\n' }, 'id'],
    ['an id that looks Latin and is not', { id: 'w\u0435b' }, 'id'],
    ['an id of 10,000 characters', { id: 'a'.repeat(10_000) }, 'id'],
    ['a number as its id', { id: 42 }, 'id'],
    ['a certificate without a name', { certificate: {} }, 'certificate'],
    ['a certificate of two names', { certificate: { dns: 'a.b', uri: 'a://b' } }, 'certificate'],
    ['a subject that is none', { certificate: { subject: 'web' } }, 'certificate.subject'],
    ['a wildcard', { certificate: { dns: '*.example' } }, 'certificate.dns'],
    ['a host in capitals', { certificate: { dns: 'Web.example' } }, 'certificate.dns'],
    ['a relative URI', { certificate: { uri: '/web' } }, 'certificate.uri'],
    ['a URI with a comma', { certificate: { uri: 'a://b, c' } }, 'certificate.uri'],
    ['no thumbprint', { certificate: { thumbprints: [] } }, 'certificate.thumbprints'],
    [
      'a thumbprint in hex',
      { certificate: { thumbprints: ['ab'.repeat(32)] } },
      'certificate.thumbprints.0',
    ],
    ['a certificate by keys it has not', { certificate: { keys: true } }, 'certificate.keys'],
    [
      'a secret in the clear',
      { secrets: [{ label: 'a', secret: 'b' }] },
      'secrets.0.sha256,secrets.0',
    ],
    [
      'a label of two lines',
      { secrets: [{ label: 'a\nb', sha256: 'A'.repeat(43) }] },
      'secrets.0.label',
    ],
    [
      'seventeen secrets',
      {
        secrets: Array.from({ length: 17 }, (_, n) => ({ label: `${n}`, sha256: 'A'.repeat(43) })),
      },
      'secrets',
    ],
    ['a grant of nothing', { grants: [{ ...grant, scopes: [] }] }, 'grants.0.scopes'],
    ['two grants for one service', { grants: [grant, grant] }, 'grants.1.service'],
    [
      'a subject without its slash',
      { grants: [{ ...grant, subjects: ['https://a.example/user'] }] },
      'grants.0.subjects.0',
    ],
    ['a subject for everybody', { grants: [{ ...grant, subjects: ['*'] }] }, 'grants.0.subjects.0'],
    [
      'an expiry without a zone',
      { grants: [{ ...grant, expires: '2027-01-01T00:00:00' }] },
      'grants.0.expires',
    ],
    [
      'an expiry that is no day',
      { grants: [{ ...grant, expires: '2027-02-30T00:00:00Z' }] },
      'grants.0.expires',
    ],
    ...['0000-01-01T00:00:00Z', '0001-01-01T00:00:00+01:00', '9999-12-31T23:59:59-01:00'].map(
      (expires): [string, object, string] => [
        `an expiry that no database keeps, ${expires}`,
        { grants: [{ ...grant, expires }] },
        'grants.0.expires',
      ],
    ),
    [
      'a reason with half a character',
      { grants: [{ ...grant, reason: '\ud800' }] },
      'grants.0.reason',
    ],
    [
      'a reason with a terminal escape',
      { grants: [{ ...grant, reason: '\u001b[2J' }] },
      'grants.0.reason',
    ],
    ['one edge twice', { onBehalfOf: [edge, edge] }, 'onBehalfOf.1.source'],
    [
      'impersonation that is not yes or no',
      { onBehalfOf: [{ ...edge, impersonation: 'false' }] },
      'onBehalfOf.0.impersonation',
    ],
    ['no key where there should be', { keys: {} }, 'keys'],
    ['an empty set of keys', { keys: { jwks: [] } }, 'keys.jwks'],
    [
      'a key set on two ways',
      { keys: { jwks: [{ kty }], jwksUri: 'https://a.example/' } },
      'keys,keys.jwks.0',
    ],
    [
      'a network for keys that are not fetched',
      { keys: { jwks: [{ kty }], networks: ['10.0.0.0/8'] } },
      'keys,keys.jwks.0',
    ],
    ['a shared-secret algorithm', { algorithms: ['HS256'] }, 'algorithms.0'],
    [
      'a nameless identity',
      { identities: [{ issuer: 'cluster', subject: '' }] },
      'identities.0.subject',
    ],
    [
      'one identity twice',
      {
        identities: [
          { issuer: 'a', subject: 'b' },
          { issuer: 'a', subject: 'b' },
        ],
      },
      'identities.1.issuer',
    ],
  ])('refuses %s', (_what, change, place) => {
    expect(problemsOf(clientDocument, { id: 'web', ...change }).join(',')).toBe(place);
  });

  it.each([
    'http://keys.example/',
    'http://10.0.0.1/keys',
    'file:///etc/passwd',
    'data:application/json,{}',
    'gopher://a.example/',
    'https://user:secret@keys.example/',
    'https://keys.example/#a',
    'https://KEYS.example/',
    'https://keys.example/a/../b',
    '//keys.example/',
    `https://keys.example/${'a'.repeat(2048)}`,
    '',
  ])('refuses to fetch keys from %s', (jwksUri) => {
    expect(problemsOf(clientDocument, { id: 'web', keys: { jwksUri } })).toEqual(['keys.jwksUri']);
  });

  it.each([
    '0.0.0.0/0',
    '::/0',
    '128.0.0.0/1',
    '10.0.0.0/7',
    'fc00::/6',
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0/8',
    'fe80::1%eth0/64',
    '10.0.0.0/08',
    'example.org/8',
    '1.1.1.1/8/8',
  ])('refuses the network %s', (network) => {
    const keys = { jwksUri: 'https://keys.example/', networks: [network] };
    expect(problemsOf(clientDocument, { id: 'web', keys })).toEqual(['keys.networks.0']);
  });

  it.each(['\0', '\ud800', '\udfff'])('refuses a key with %j somewhere', async (text) => {
    const { publicJwk } = await generateSigningKey('ES256');
    for (const extra of [{ note: text }, { [text]: 1 }, { x5c: [text] }]) {
      const keys = { jwks: [{ ...publicJwk, ...extra }] };
      expect(problemsOf(clientDocument, { id: 'web', keys })).toEqual(['keys.jwks.0']);
    }
  });

  it('accepts keys that verify, and refuses those that cannot, each by its place', async () => {
    const [one, two] = [await generateSigningKey('ES256'), await generateSigningKey('EdDSA')];
    const jwks = [one.publicJwk, two.publicJwk];
    expect(problemsOf(clientDocument, { id: 'web', keys: { jwks } })).toEqual([]);
    const bad = [
      one.publicJwk,
      two.privateJwk,
      one.publicJwk,
      { ...two.publicJwk, kid: undefined },
    ];
    expect(
      problemsOf(clientDocument, { id: 'web', keys: { jwks: JSON.parse(JSON.stringify(bad)) } }),
    ).toEqual(['keys.jwks.1', 'keys.jwks.2', 'keys.jwks.3']);
    expect(
      problemsOf(clientDocument, { id: 'web', algorithms: ['ES256'], keys: { jwks } }),
    ).toEqual(['keys.jwks.1']);
  });
});

describe('issuerDocument', () => {
  const spiffe = { ...issuer, kind: 'workloads', issuer: 'spiffe://cluster.example' };
  const jwksUri = 'https://login.example/keys';

  it.each([
    ['people', issuer],
    ['people within prefixes', { ...issuer, subjects: [users], scopes: ['users:read'] }],
    ['an issuer with a path', { ...issuer, issuer: 'https://login.example/realms/a/' }],
    ['one on this machine', { ...issuer, issuer: 'http://127.0.0.1:8080' }],
    ['a trust domain', { ...spiffe, keys: { jwksUri }, networks: ['10.0.0.0/8', 'fd00::/8'] }],
  ])('accepts %s', (_what, document) => {
    expect(problemsOf(issuerDocument, document)).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['an address without https', { ...issuer, issuer: 'http://login.example' }, 'issuer'],
    ['an address with a query', { ...issuer, issuer: 'https://login.example/?a' }, 'issuer'],
    ['an address of no form', { ...issuer, issuer: 'login' }, 'issuer'],
    [
      'a trust domain with a path',
      { ...spiffe, keys: { jwksUri }, issuer: 'spiffe://a/b' },
      'issuer',
    ],
    [
      'a trust domain in capitals',
      { ...spiffe, keys: { jwksUri }, issuer: 'spiffe://A' },
      'issuer',
    ],
    ['a trust domain of people', { ...spiffe, kind: 'users', keys: { jwksUri } }, 'issuer'],
    ['a trust domain that is to be discovered', spiffe, 'keys'],
    ['no keys', { ...issuer, keys: {} }, 'keys'],
    ['keys on two ways', { ...issuer, keys: { discover: true, jwksUri } }, 'keys'],
    ['no algorithm', { ...issuer, algorithms: [] }, 'algorithms'],
    ['a shared-secret algorithm', { ...issuer, algorithms: ['HS256'] }, 'algorithms.0'],
    ['people for a year', { ...issuer, maxLifetime: 31_000_000 }, 'maxLifetime'],
    [
      'workloads for ten years',
      { ...issuer, kind: 'workloads', maxLifetime: 310_000_000 },
      'maxLifetime',
    ],
    [
      'workloads that speak for users',
      { ...issuer, kind: 'workloads', subjects: [users] },
      'subjects',
    ],
    [
      'workloads with scopes of their own',
      { ...issuer, kind: 'workloads', scopes: ['a'] },
      'scopes',
    ],
    ['another kind', { ...issuer, kind: 'services' }, 'kind'],
    ['an authority that is none', { ...issuer, ca: 'PEM' }, 'ca'],
    [
      'an authority that cannot be read',
      { ...issuer, ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
      'ca',
    ],
  ])('refuses %s', (_what, document, place) => {
    expect(problemsOf(issuerDocument, document)).toEqual([place]);
  });
});

describe('how people log in to a client', () => {
  const login = { name: 'Web app', redirectUris: ['https://web.example/callback'] };
  const client = (change: object) => ({ id: 'web', login: { ...login, ...change } });

  it('asks people unless it is told', () => {
    expect(clientDocument.parse(client({})).login).toEqual({
      ...login,
      postLogoutRedirectUris: [],
      consent: 'ask',
    });
  });

  it.each([
    'https://web.example/callback?tenant=1',
    'http://localhost:4003/callback',
    'http://127.0.0.1:4003/callback',
    'http://[::1]:4003/callback',
  ])('sends browsers to %s', (uri) => {
    expect(problemsOf(clientDocument, client({ redirectUris: [uri] }))).toEqual([]);
  });

  it.each([
    'http://web.example/callback',
    'https://web.example/callback#fragment',
    'https://web.example/callback#',
    'https://user@web.example/callback',
    'https://*.web.example/callback',
    'https://web.example/*',
    'https://web.example',
    'https://WEB.example/callback',
    'https://web.example/a/../callback',
    'https://web.example/callback?code=1',
    'https://web.example/callback?state=1',
    'javascript:alert(1)',
    'data:text/html,a',
    'custom-app:/callback',
    '/callback',
    '//web.example/callback',
    '',
    `https://web.example/${'a'.repeat(2048)}`,
  ])('sends no browser to %s', (uri) => {
    expect(problemsOf(clientDocument, client({ redirectUris: [uri] }))).toEqual([
      'login.redirectUris.0',
    ]);
    expect(problemsOf(clientDocument, client({ postLogoutRedirectUris: [uri] }))).toEqual([
      'login.postLogoutRedirectUris.0',
    ]);
  });

  it.each([
    ['no address', { redirectUris: [] }, 'login.redirectUris'],
    [
      'an address twice',
      { redirectUris: Array(2).fill('https://a.example/') },
      'login.redirectUris',
    ],
    ['no name', { name: '' }, 'login.name'],
    ['a name of two lines', { name: 'Web\napp' }, 'login.name'],
    ['a name that turns around', { name: 'Web \u202eppa' }, 'login.name'],
    ['a name of 65 characters', { name: 'a'.repeat(65) }, 'login.name'],
    ['another consent', { consent: 'never' }, 'login.consent'],
    ['something else', { grantTypes: ['implicit'] }, 'login'],
  ])('refuses %s', (_what, change, path) => {
    expect(problemsOf(clientDocument, client(change))).toEqual([path]);
  });
});
