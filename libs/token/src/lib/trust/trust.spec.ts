import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';

import type { TrustedIssuer } from '../types.js';
import { authorizationServer } from './authorization-server.js';
import type { AuthorizationServerOptions } from './authorization-server.js';
import { createTrustRegistry } from './create-trust-registry.js';
import { servicePeer } from './service-peer.js';
import type { ServicePeerOptions } from './service-peer.js';

const jwk: JsonWebKey = {
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
  kid: 'one',
};
const secret = createSecretKey(Buffer.alloc(32, 7)).export({ format: 'jwk' });

const peerOptions: ServicePeerOptions = {
  issuer: 'https://herald.example/',
  jwks: 'https://herald.example/.well-known/jwks.json',
};
const peer = (options: object = {}) =>
  servicePeer('herald', { ...peerOptions, ...options } as ServicePeerOptions);

const messageOf = (make: () => unknown): string => {
  try {
    make();
  } catch (error) {
    return error instanceof TypeError ? error.message : `not a TypeError: ${String(error)}`;
  }
  return 'accepted';
};

describe('authorizationServer', () => {
  it('trusts access tokens of a URL, with safe defaults', () => {
    expect(authorizationServer('https://auth.example')).toEqual({
      name: 'auth-server',
      kind: 'authorization-server',
      issuer: 'https://auth.example',
      carrier: 'Bearer',
      profile: {
        name: 'access-token',
        types: ['at+jwt'],
        requiredClaims: ['sub', 'client_id', 'jti'],
      },
      algorithms: ['ES256', 'EdDSA', 'RS256'],
      maxLifetime: 3600,
      mayAssert: 'any',
      subjects: [],
      callers: {},
      keys: { from: 'metadata', jwksOrigins: [] },
      revocation: { url: undefined, maxStale: 30, onStale: 'accept', isExplicit: false },
    });
  });

  it('takes what its options say', () => {
    const entry = authorizationServer('http://127.0.0.1:4000', {
      name: 'main',
      algorithms: ['RS256'],
      maxLifetime: '5m',
      carrier: 'Token',
      mayAssert: ['users:read'],
      subjects: ['https://census.example/user/'],
      callers: { 'client-1': 'herald' },
      jwksUri: 'http://127.0.0.1:4000/keys',
    });
    expect(entry).toMatchObject({
      name: 'main',
      algorithms: ['RS256'],
      maxLifetime: 300,
      carrier: 'Token',
      mayAssert: ['users:read'],
      subjects: ['https://census.example/user/'],
      callers: { 'client-1': 'herald' },
      keys: { from: 'jwks', url: 'http://127.0.0.1:4000/keys' },
    });
  });

  it('is frozen in every part', () => {
    const entry = authorizationServer('https://auth.example', {
      mayAssert: ['a'],
      callers: { a: 'b' },
    });
    for (const part of [entry, ...Object.values(entry)]) expect(Object.isFrozen(part)).toBe(true);
    for (const part of Object.values(entry.profile)) expect(Object.isFrozen(part)).toBe(true);
  });

  it('is not changed by whoever keeps the options', () => {
    const subjects = ['https://census.example/user/'];
    const entry = authorizationServer('https://auth.example', { subjects });
    subjects.push('https://census.example/');
    expect(entry.subjects).toEqual(['https://census.example/user/']);
  });

  it('names no client by accident of a prototype', () => {
    const { callers } = authorizationServer('https://auth.example');
    expect(callers['constructor']).toBeUndefined();
    expect(callers['__proto__']).toBeUndefined();
  });

  it('finds configured keys without asking anybody', () => {
    const { keys } = authorizationServer('https://auth.example', { jwks: [jwk] });
    expect(keys).toMatchObject({ from: 'configuration' });
    const { store } = keys as Extract<typeof keys, { from: 'configuration' }>;
    expect(store.find({ kid: 'one', algorithm: 'ES256', issuedAt: 0 })).toMatchObject({
      kid: 'one',
    });
  });

  it('lists other origins for the keys', () => {
    const { keys } = authorizationServer('https://auth.example', {
      jwksOrigins: ['https://keys.example'],
    });
    expect(keys).toEqual({ from: 'metadata', jwksOrigins: ['https://keys.example'] });
  });

  it.each([
    'https://auth.example',
    'https://auth.example/',
    'https://auth.example/tenant',
    'https://auth.example/tenant/',
    'http://localhost:4000',
    'http://[::1]:4000/',
  ])('accepts the issuer %s as it is written', (issuer) => {
    expect(authorizationServer(issuer).issuer).toBe(issuer);
  });

  it.each([
    '',
    'auth.example',
    'http://auth.example',
    'https://AUTH.example',
    'https://auth.example:443',
    'https://auth.example?tenant=1',
    'https://auth.example/#',
    'https://user@auth.example',
    'https://auth.example//',
    'https://auth.example/a/../b',
    'file:///etc',
    undefined,
  ])('refuses the issuer %p', (issuer) => {
    expect(messageOf(() => authorizationServer(issuer as string))).toMatch(/^issuer must/);
  });

  it.each<[string, object]>([
    ['name', { name: '' }],
    ['name', { name: ' main' }],
    ['name', { name: 7 }],
    ['algorithms', { algorithms: [] }],
    ['algorithms', { algorithms: ['none'] }],
    ['algorithms', { algorithms: ['es256'] }],
    ['algorithms', { algorithms: 'ES256' }],
    ['algorithms', { algorithms: ['HS256'] }],
    ['algorithms', { algorithms: ['RS256', 'HS256'] }],
    ['carrier', { carrier: 'bearer' }],
    ['carrier', { carrier: 'Cookie' }],
    ['carrier', { carrier: 'DPoP' }],
    ['senderConstrained', { senderConstrained: true }],
    ['senderConstrained', { senderConstrained: 'off' }],
    ['maxLifetime', { maxLifetime: '25h' }],
    ['maxLifetime', { maxLifetime: 0 }],
    ['maxLifetime', { maxLifetime: 'long' }],
    ['mayAssert', { mayAssert: 'users:read' }],
    ['mayAssert', { mayAssert: ['users read'] }],
    ['mayAssert', { mayAssert: [''] }],
    ['mayAssert', { mayAssert: ['a"b'] }],
    ['subjects', { subjects: ['https://census.example/user'] }],
    ['subjects', { subjects: ['/user/'] }],
    ['subjects', { subjects: 'https://census.example/user/' }],
    ['callers', { callers: { a: '' } }],
    ['callers', { callers: { '': 'a' } }],
    ['callers', { callers: { a: 1 } }],
    ['jwksUri', { jwksUri: 'http://auth.example/jwks' }],
    ['jwksOrigins', { jwksOrigins: ['https://keys.example/jwks'] }],
    ['jwksOrigins', { jwksOrigins: ['http://keys.example'] }],
    ['jwks', { jwks: [] }],
    ['jwks', { jwks: [{ ...jwk, d: 'AQ' }] }],
    ['jwks', { jwks: [jwk], jwksUri: 'https://auth.example/jwks' }],
    ['audiences', { audiences: [] }],
  ])('refuses a wrong option and names it: %s in %j', (option, options) => {
    const make = () =>
      authorizationServer('https://auth.example', options as AuthorizationServerOptions);
    expect(messageOf(make)).toMatch(new RegExp(`^${option}\\b.* (must|cannot|is not)`));
  });
});

describe('servicePeer', () => {
  it('trusts the tokens a service signs, and no scope or user of it, by default', () => {
    expect(peer()).toEqual({
      name: 'herald',
      kind: 'service-peer',
      issuer: 'https://herald.example/',
      carrier: 'Bearer',
      profile: { name: 'service-token', types: ['service+jwt'], requiredClaims: ['jti'] },
      algorithms: ['ES256', 'EdDSA', 'RS256'],
      maxLifetime: 60,
      mayAssert: [],
      subjects: [],
      callers: {},
      keys: { from: 'jwks', url: 'https://herald.example/.well-known/jwks.json' },
    });
  });

  it('finds the keys of a peer at its own address, if told to', () => {
    const url = 'https://herald.example/.well-known/jwks.json';
    expect(peer({ jwks: 'discover' }).keys).toEqual({ from: 'jwks', url, networks: [] });
    const path = { issuer: 'https://example/herald', jwks: 'discover', networks: ['10.0.0.0/8'] };
    expect(peer(path).keys).toEqual({
      from: 'jwks',
      url: 'https://example/herald/.well-known/jwks.json',
      networks: ['10.0.0.0/8'],
    });
  });

  it.each<[string, Partial<ServicePeerOptions>]>([
    ['networks without discovery', { networks: [] }],
    ['networks that are no list', { jwks: 'discover', networks: '10.0.0.0/8' as never }],
    ['a network that is none', { jwks: 'discover', networks: ['10.0.0.0'] }],
    ['discovery of a shared secret', { jwks: 'discover', algorithms: ['HS256'] }],
  ])('refuses %s', (_name, options) => {
    expect(() => peer(options)).toThrow(TypeError);
  });

  it('accepts tokens without type and jti only of a legacy peer', () => {
    expect(peer({ legacy: true }).profile).toEqual({
      name: 'legacy-service-token',
      types: ['service+jwt', 'jwt', null],
      requiredClaims: [],
    });
  });

  it('takes what its options say', () => {
    const options = {
      carrier: 'JWT',
      maxLifetime: '5m',
      mayAssert: ['users:read'],
      subjects: ['https://census.example/user/'],
      algorithms: ['ES256'],
      bound: 'request',
      singleUse: true,
    };
    expect(peer(options)).toMatchObject({ ...options, maxLifetime: 300 });
  });

  it('finds a configured key, and a configured secret', () => {
    for (const [algorithm, jwks] of [
      ['ES256', [jwk]],
      ['HS256', [secret]],
    ] as const) {
      const { keys } = peer({ jwks, algorithms: [algorithm] });
      const { store } = keys as Extract<typeof keys, { from: 'configuration' }>;
      expect(store.find({ kid: undefined, algorithm, issuedAt: 0 })).toMatchObject({ algorithm });
    }
  });

  it('shows no secret to whoever prints it', () => {
    const entry = peer({ jwks: [secret], algorithms: ['HS256'] });
    expect(JSON.stringify(entry)).not.toContain(String(secret.k));
  });

  it.each<[string, object]>([
    ['issuer', { issuer: 'herald' }],
    ['issuer', { issuer: 'http://herald.example/' }],
    ['jwks', { jwks: 'http://herald.example/jwks' }],
    ['jwks', { jwks: undefined }],
    ['jwks', { jwks: [] }],
    ['jwks', { jwks: [secret] }],
    ['jwks', { algorithms: ['HS256'] }],
    ['jwks', { jwks: [jwk], algorithms: ['HS256'] }],
    ['jwks', { jwks: [{ ...secret, k: 'c2hvcnQ' }], algorithms: ['HS256'] }],
    ['algorithms', { jwks: [secret], algorithms: ['HS256', 'ES256'] }],
    ['maxLifetime', { maxLifetime: '301s' }],
    ['bound', { bound: true }],
    ['bound', { bound: 'off' }],
    ['singleUse', { singleUse: 'off' }],
    ['mayAssert', { mayAssert: 'any' }],
    ['legcy', { legcy: true }],
  ])('refuses a wrong option and names it: %s', (option, options) => {
    expect(messageOf(() => peer(options))).toMatch(
      new RegExp(`^${option}\\b.* (must|cannot|is not)`),
    );
  });

  it('refuses an empty name', () => {
    expect(messageOf(() => servicePeer('', peerOptions))).toMatch(/^name must/);
  });
});

describe('createTrustRegistry', () => {
  const server = authorizationServer('https://auth.example');

  it('finds an issuer by its exact iss only', () => {
    const registry = createTrustRegistry([server, peer({ carrier: 'JWT' })]);
    expect(registry.find('https://auth.example')).toMatchObject({ name: 'auth-server' });
    expect(registry.find('https://herald.example/')).toMatchObject({ name: 'herald' });
    for (const iss of [
      'https://auth.example/',
      'https://AUTH.example',
      'https://herald.example',
      '',
      '__proto__',
    ])
      expect(registry.find(iss)).toBeUndefined();
  });

  it('knows which carriers its issuers use', () => {
    const registry = createTrustRegistry([server, peer({ carrier: 'JWT' })]);
    expect([...registry.carriers]).toEqual(['Bearer', 'JWT']);
    expect(registry.issuers.map(({ name }) => name)).toEqual(['auth-server', 'herald']);
    expect(Object.isFrozen(registry.issuers)).toBe(true);
  });

  it('knows DPoP beside Bearer, where proofs are checked', () => {
    const carriersOf = (carrier: 'Bearer' | 'JWT') => [
      ...createTrustRegistry([peer({ carrier })], { dpop: true }).carriers,
    ];
    expect(carriersOf('Bearer')).toEqual(['Bearer', 'DPoP']);
    expect(carriersOf('JWT')).toEqual(['JWT']);
  });

  it('knows whose tokens must be bound to their sender', () => {
    const registry = createTrustRegistry([server, peer({ senderConstrained: 'required' })]);
    expect(registry.issuers.map(({ senderConstrained }) => senderConstrained)).toEqual([
      undefined,
      'required',
    ]);
  });

  it.each([
    [
      'an issuer twice',
      [server, authorizationServer('https://auth.example', { name: 'again' })],
      'trust names the issuer https://auth.example twice',
    ],
    [
      'a name twice',
      [server, authorizationServer('https://other.example')],
      'trust names the name auth-server twice',
    ],
  ])('refuses to trust %s', (_, entries, message) => {
    expect(messageOf(() => createTrustRegistry(entries))).toBe(message);
  });

  it('may trust nobody', () => {
    const registry = createTrustRegistry([]);
    expect(registry.find('https://auth.example')).toBeUndefined();
    expect(registry.carriers.size).toBe(0);
  });

  it('refuses intervals that are none', () => {
    expect(messageOf(() => createTrustRegistry([server], { keys: { coolDown: 'x' } }))).toMatch(
      /^keys\.coolDown must/,
    );
  });

  describe('with issuers on the network', () => {
    const documents: Record<string, object> = {
      'https://auth.example/.well-known/oauth-authorization-server': {
        issuer: 'https://auth.example',
        jwks_uri: 'https://auth.example/jwks',
      },
      'https://auth.example/jwks': { keys: [jwk] },
      'https://herald.example/.well-known/jwks.json': { keys: [jwk] },
    };
    function stage() {
      const asked: string[] = [];
      const internet = { ...documents };
      const ask = async (url: unknown): Promise<Response> => {
        asked.push(String(url));
        const document = internet[String(url)];
        if (document === undefined) throw new TypeError('fetch failed');
        return Response.json(document);
      };
      const clock = { now: () => 1_800_000_000, monotonic: () => 0 };
      const configured = peer({ issuer: 'https://billing.example/', jwks: [jwk] });
      const registry = createTrustRegistry([server, peer(), { ...configured, name: 'billing' }], {
        fetch: ask as typeof fetch,
        clock,
      });
      return { asked, internet, registry };
    }
    const find = async (issuer: TrustedIssuer | undefined) =>
      issuer?.keys.find({ kid: 'one', algorithm: 'ES256', issuedAt: 0 });

    it('asks nobody before a key is needed, and then only the issuer concerned', async () => {
      const { asked, registry } = stage();
      expect(asked).toEqual([]);
      expect(await find(registry.find('https://billing.example/'))).toMatchObject({ kid: 'one' });
      expect(asked).toEqual([]);
      expect(await find(registry.find('https://herald.example/'))).toMatchObject({ kid: 'one' });
      expect(asked).toEqual(['https://herald.example/.well-known/jwks.json']);
    });

    it('keeps the same kid of two issuers apart', async () => {
      const { registry } = stage();
      const [one, other] = await Promise.all([
        find(registry.find('https://auth.example')),
        find(registry.find('https://herald.example/')),
      ]);
      expect(one?.kid).toBe(other?.kid);
      expect(one).not.toBe(other);
    });

    it('loads the keys of all, and tells their state', async () => {
      const { registry } = stage();
      expect(registry.status()).toMatchObject({
        'auth-server': { state: 'empty' },
        herald: { state: 'empty' },
      });
      await registry.load();
      expect(registry.status()).toMatchObject({
        'auth-server': { state: 'fresh', kids: ['one'] },
        herald: { state: 'fresh', kids: ['one'] },
      });
      expect(Object.keys(registry.status())).toEqual(['auth-server', 'herald']);
    });

    it('tells which issuer has no keys, while the others have theirs', async () => {
      const { registry, internet } = stage();
      delete internet['https://auth.example/jwks'];
      await expect(registry.load()).rejects.toMatchObject({ code: 'KEYS_UNAVAILABLE' });
      expect(await find(registry.find('https://herald.example/'))).toMatchObject({ kid: 'one' });
      expect(registry.status()).toMatchObject({
        'auth-server': {
          state: 'empty',
          lastError: 'https://auth.example/jwks could not be read: fetch failed',
        },
        herald: { state: 'fresh' },
      });
    });
  });

  it('uses the fetch and the clocks of this machine unless told', () => {
    expect(createTrustRegistry([server]).status()).toMatchObject({
      'auth-server': { state: 'empty' },
    });
  });
});
