import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  clientSecretBasic,
  createAuthenticator,
  createTrustRegistry,
  trustFile,
  trustFromServer,
} from '@countersign/token';
import type {
  AccessError,
  Authenticator,
  Carrier,
  Json,
  TrustEntry,
  TrustEvent,
  TrustRegistry,
  TrustSource,
} from '@countersign/token';

import {
  aToken,
  createTestIssuer,
  startIntrospection,
  testClock,
  testRevocationFeed,
  until,
} from '../src/index.js';
import type { TestClock, TestIssuer } from '../src/index.js';

const census = 'https://census.example/';

let clock: TestClock;
let herald: TestIssuer;
let shop: TestIssuer;
let events: TrustEvent[];
let registry: TrustRegistry | undefined;

beforeEach(() => {
  clock = testClock();
  herald = createTestIssuer({ kind: 'service-peer', name: 'herald', clock });
  shop = createTestIssuer({ kind: 'service-peer', name: 'shop', clock });
  events = [];
  registry = undefined;
});

afterEach(async () => {
  await registry?.close();
});

function trusting(...members: readonly (TrustEntry | TrustSource)[]): TrustRegistry {
  registry = createTrustRegistry(members, { clock, onTrust: (event) => void events.push(event) });
  return registry;
}

function authenticator(trust: TrustRegistry): Authenticator {
  return createAuthenticator({ trust, clock, clockTolerance: 10, maxTokenBytes: 8192 });
}

const tokenOf = (issuer: TestIssuer) => aToken().from(issuer).to(census).lifetime('60s').sign();

async function codeOf(who: Authenticator, token: string, carrier: Carrier = 'Bearer') {
  try {
    const presented = { token, carrier };
    const { principal } = who.recall(presented) ?? (await who.authenticate(presented));
    return `accepted ${principal.caller.name}`;
  } catch (error) {
    return (error as AccessError).code;
  }
}

/** A source that answers what a test says. */
function sourceOf(
  load: () => readonly TrustEntry[],
  options: Partial<TrustSource> = {},
): TrustSource {
  return {
    location: 'the test',
    every: 60,
    maxAge: 600,
    isRequired: false,
    load: async () => load(),
    ...options,
  };
}

describe('a source of trust', () => {
  it('takes an issuer away at once, whatever is remembered of its tokens', async () => {
    let entries = [herald.trustEntry(), shop.trustEntry()];
    const trust = trusting(sourceOf(() => entries));
    const who = authenticator(trust);
    await trust.open();
    const [ofHerald, ofShop] = [tokenOf(herald), tokenOf(shop)];
    expect(await codeOf(who, ofHerald)).toBe('accepted herald');
    expect(await codeOf(who, ofShop)).toBe('accepted shop');
    entries = [shop.trustEntry()];
    await trust.refresh();
    expect(await codeOf(who, ofHerald)).toBe('ISSUER_UNTRUSTED');
    expect(await codeOf(who, ofShop)).toBe('accepted shop');
    expect(events).toEqual([
      {
        kind: 'replaced',
        location: 'the test',
        added: ['herald', 'shop'],
        changed: [],
        removed: [],
      },
      { kind: 'replaced', location: 'the test', added: [], changed: [], removed: ['herald'] },
    ]);
  });

  it('takes a key away at once', async () => {
    const trust = trusting(sourceOf(() => [herald.trustEntry()]));
    const who = authenticator(trust);
    await trust.open();
    const before = tokenOf(herald);
    const { kid } = herald.key;
    expect(await codeOf(who, before)).toBe('accepted herald');
    herald.rotate();
    await trust.refresh();
    expect(await codeOf(who, before)).toBe('accepted herald');
    herald.retire(kid);
    await trust.refresh();
    expect(await codeOf(who, before)).toBe('KEY_UNKNOWN');
    expect(await codeOf(who, tokenOf(herald))).toBe('accepted herald');
  });

  it('keeps issuers, keys and what is remembered where an entry says the same', async () => {
    const served = await herald.serve();
    const trust = trusting(sourceOf(() => [herald.servedTrustEntry(), shop.trustEntry()]));
    await trust.open();
    const who = authenticator(trust);
    const token = tokenOf(herald);
    await codeOf(who, token);
    const hits = served.hits();
    const before = trust.issuers;
    await trust.refresh();
    expect(trust.issuers.every((issuer, at) => issuer === before[at])).toBe(true);
    expect(who.recall({ token, carrier: 'Bearer' })).toBeDefined();
    expect(served.hits()).toBe(hits);
    await served.close();
  });

  it('keeps the keys of an entry that changed elsewhere, also while they cannot be read', async () => {
    const served = await herald.serve();
    let scopes = ['users:read'];
    const trust = trusting(sourceOf(() => [herald.servedTrustEntry({ mayAssert: scopes })]));
    await trust.open();
    const who = authenticator(trust);
    const presented = {
      token: aToken().from(herald).to(census).scopes('users:read').sign(),
      carrier: 'Bearer' as const,
    };
    expect((await who.authenticate(presented)).principal.scopes).toEqual(['users:read']);
    await served.close();
    scopes = [];
    await trust.refresh();
    expect(who.recall(presented)).toBeUndefined();
    expect((await who.authenticate(presented)).principal.scopes).toEqual([]);
    expect(events.at(-1)).toMatchObject({ kind: 'replaced', changed: ['herald'] });
  });

  it('looks at the carriers of those who are trusted now', async () => {
    let entries: TrustEntry[] = [];
    const trust = trusting(sourceOf(() => entries));
    expect([...trust.carriers]).toEqual(['Bearer', 'JWT', 'Token']);
    await trust.open();
    expect([...trust.carriers]).toEqual([]);
    entries = [herald.trustEntry({ carrier: 'JWT' })];
    await trust.refresh();
    expect([...trust.carriers]).toEqual(['JWT']);
  });

  it('changes nothing when it contradicts what is listed, and says so once', async () => {
    const impostor = createTestIssuer({ kind: 'service-peer', name: 'herald', clock });
    let entries = [shop.trustEntry()];
    const trust = trusting(
      herald.trustEntry(),
      sourceOf(() => entries),
    );
    await trust.open();
    const who = authenticator(trust);
    entries = [impostor.trustEntry()];
    await trust.refresh();
    await trust.refresh();
    expect(await codeOf(who, tokenOf(herald))).toBe('accepted herald');
    expect(await codeOf(who, tokenOf(shop))).toBe('accepted shop');
    expect(await codeOf(who, tokenOf(impostor))).toBe('SIGNATURE_INVALID');
    expect(events.filter(({ kind }) => kind === 'failed')).toHaveLength(1);
    expect(trust.sources()).toMatchObject([{ state: 'failing', failures: 2, size: 1 }]);
    entries = [shop.trustEntry()];
    await trust.refresh();
    expect(events.at(-1)?.kind).toBe('recovered');
    expect(trust.sources()).toMatchObject([{ state: 'current', failures: 0 }]);
  });

  it('is an outage, and no refusal, before it was ever read and when it is too old', async () => {
    let isUp = false;
    const trust = trusting(
      shop.trustEntry(),
      sourceOf(() => {
        if (!isUp) throw new Error('it is down');
        return [herald.trustEntry()];
      }),
    );
    const who = authenticator(trust);
    await trust.open();
    expect(await codeOf(who, tokenOf(shop))).toBe('accepted shop');
    expect(await codeOf(who, tokenOf(herald))).toBe('TRUST_UNAVAILABLE');
    expect(await codeOf(who, 'opaque')).toBe('TRUST_UNAVAILABLE');
    isUp = true;
    await trust.refresh();
    expect(await codeOf(who, tokenOf(herald))).toBe('accepted herald');
    expect(await codeOf(who, 'opaque')).toBe('TOKEN_MALFORMED');
    isUp = false;
    clock.advance('10m');
    await trust.refresh();
    expect(await codeOf(who, tokenOf(herald))).toBe('accepted herald');
    const remembered = tokenOf(herald);
    expect(await codeOf(who, remembered)).toBe('accepted herald');
    clock.advance('1s');
    expect(await codeOf(who, remembered)).toBe('TRUST_UNAVAILABLE');
    expect(await codeOf(who, tokenOf(shop))).toBe('accepted shop');
    expect(trust.sources()).toMatchObject([{ state: 'old', lastError: 'it is down' }]);
  });

  it('stops the start when it is required and cannot be read', async () => {
    const load = (): never => {
      throw new Error('it is down');
    };
    const trust = trusting(sourceOf(load, { isRequired: true }));
    await expect(trust.open()).rejects.toThrow('trust: it is down');
  });

  it('is asked again by itself, and no longer once closed', async () => {
    let asked = 0;
    const count = (): TrustEntry[] => {
      asked += 1;
      return [];
    };
    const trust = trusting(sourceOf(count, { every: 0.02 }));
    await trust.open();
    await until(() => asked >= 4);
    await trust.close();
    const last = asked;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(asked).toBe(last);
  });

  it('starts to follow revocations with an issuer, ends with it, and forgets none', async () => {
    const server = createTestIssuer({ issuer: 'https://auth.example', clock });
    const feed = testRevocationFeed(server);
    const served = await server.serve({ feed });
    let entries: TrustEntry[] = [];
    const entry = (maxStale: string) =>
      server.trustEntry({ revocation: { url: `${served.url}/oauth2/revocations`, maxStale } });
    const trust = trusting(sourceOf(() => entries));
    await trust.open();
    trust.follow();
    expect(trust.revocations()).toEqual({});
    entries = [entry('30s')];
    await trust.refresh();
    await until(() => trust.revocations()['auth-server']?.state === 'fresh');
    const token = aToken().from(server).to(census).claim('jti', 'taken-back').sign();
    feed.revoke({ kind: 'token', jti: 'taken-back', exp: clock.now() + 300 });
    const who = authenticator(trust);
    await until(async () => (await codeOf(who, token)) === 'TOKEN_REVOKED');
    await served.close();
    entries = [entry('60s')];
    await trust.refresh();
    expect(trust.revocations()['auth-server']).toMatchObject({ maxStale: 60 });
    expect(await codeOf(who, token)).toBe('TOKEN_REVOKED');
    entries = [];
    await trust.refresh();
    expect(trust.revocations()).toEqual({});
  });
});

describe('trustFile', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trust-'));
    path = join(folder, 'trust.json');
  });

  afterEach(() => rm(folder, { recursive: true }));

  const peer = (issuer: TestIssuer, more: object = {}) => ({
    kind: 'servicePeer',
    name: issuer.name,
    issuer: issuer.issuer,
    jwks: issuer.jwks().keys,
    ...more,
  });
  const write = (...trust: readonly unknown[]) => writeFile(path, JSON.stringify({ trust }));

  it('is followed while the service runs', async () => {
    await write(peer(herald), peer(shop));
    const trust = trusting(trustFile(path, { every: '20ms' }));
    await trust.open();
    const who = authenticator(trust);
    const token = tokenOf(herald);
    expect(await codeOf(who, token)).toBe('accepted herald');
    // As an orchestrator replaces a mounted file.
    await writeFile(`${path}.new`, JSON.stringify({ trust: [peer(shop)] }));
    await rename(`${path}.new`, path);
    await until(async () => (await codeOf(who, token)) === 'ISSUER_UNTRUSTED');
    expect(await codeOf(who, tokenOf(shop))).toBe('accepted shop');
  });

  it.each<[string, string | object]>([
    ['no JSON', 'trust: []'],
    ['half of a file', '{"trust": [{"kind": "servicePeer", '],
    ['nothing', ''],
    ['a list', []],
    ['two lists', '{"trust": [], "trust": []}'],
    ['another member', { trust: [], version: 1 }],
    ['an entry that is a text', { trust: ['herald'] }],
    ['an unknown kind', { trust: [{ kind: 'constructor' }] }],
    ['no kind', { trust: [{ name: 'herald' }] }],
    [
      'an issuer in plain http',
      {
        trust: [{ kind: 'servicePeer', name: 'x', issuer: 'http://x.example/', jwks: 'discover' }],
      },
    ],
    [
      'a misspelt option',
      { trust: [{ kind: 'authorizationServer', issuer: 'https://a.example', subject: [] }] },
    ],
    [
      'prefixes that are none',
      {
        trust: [
          {
            kind: 'foreignServer',
            preset: 'auth0',
            issuer: 'https://a.example/',
            mayAssert: [],
            subjects: 'x',
          },
        ],
      },
    ],
    [
      'a secret',
      {
        trust: [
          { kind: 'sharedSecret', name: 'x', issuer: 'https://x.example/', secret: 's'.repeat(40) },
        ],
      },
    ],
    [
      'a secret file that is not there',
      {
        trust: [
          { kind: 'sharedSecret', name: 'x', issuer: 'https://x.example/', secretFile: 'gone' },
        ],
      },
    ],
    [
      'a client with its secret',
      {
        trust: [
          {
            kind: 'introspectionServer',
            name: 'x',
            issuer: 'https://x.example',
            mayAssert: [],
            client: { id: 'a', secret: 'b' },
          },
        ],
      },
    ],
    ['more than 1 MiB', `{"trust": []}${' '.repeat(1024 * 1024)}`],
  ])('of %s stops the start, and later changes nothing', async (_what, content) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    await writeFile(path, text);
    await expect(trusting(trustFile(path)).open()).rejects.toThrow(TypeError);
    await write(peer(herald));
    events = [];
    const trust = trusting(trustFile(path));
    await trust.open();
    await writeFile(path, text);
    await trust.refresh();
    await trust.refresh();
    const who = authenticator(trust);
    expect(await codeOf(who, tokenOf(herald))).toBe('accepted herald');
    expect(trust.sources()).toMatchObject([{ state: 'failing', failures: 2, size: 1 }]);
    expect(events.filter(({ kind }) => kind === 'failed')).toHaveLength(1);
    await rm(path);
    await trust.refresh();
    expect(await codeOf(who, tokenOf(herald))).toBe('accepted herald');
    expect(trust.sources()[0]?.lastError).toMatch(/cannot be read: ENOENT$/);
  });

  it('says which entry is wrong, and how', async () => {
    await write(peer(herald), peer(shop, { maxLifetime: '1h' }));
    await expect(trusting(trustFile(path)).open()).rejects.toThrow(
      'trust: trust[1]: maxLifetime must be more than 0 and at most 5m',
    );
  });

  it('takes secrets from files beside it, and follows them too', async () => {
    const legacy = createTestIssuer({
      kind: 'service-peer',
      name: 'legacy',
      algorithm: 'HS256',
      clock,
    });
    const { k } = legacy.key.jwk;
    const server = await startIntrospection();
    server.tokens.set('opaque', {
      sub: 'a-client',
      client_id: 'a-client',
      aud: census,
      exp: clock.now() + 60,
    });
    await writeFile(join(folder, 'client.secret'), 'first\n');
    // The secret of the test is bytes; a text that stands for other bytes must not be taken for it.
    await writeFile(join(folder, 'legacy.secret'), String(k));
    await write(
      {
        kind: 'sharedSecret',
        name: 'legacy',
        issuer: legacy.issuer,
        secretFile: 'legacy.secret',
      },
      {
        kind: 'introspectionServer',
        name: 'asked',
        issuer: server.issuer,
        endpoint: server.endpoint,
        mayAssert: [],
        maxAge: 'off',
        callers: { 'a-client': 'a' },
        client: { id: 'census', secretFile: 'client.secret' },
      },
    );
    const trust = trusting(trustFile(path));
    await trust.open();
    const who = authenticator(trust);
    expect(await codeOf(who, tokenOf(legacy))).toBe('SIGNATURE_INVALID');
    const [before] = trust.issuers;
    expect(await codeOf(who, 'opaque')).toBe('accepted a');
    await writeFile(join(folder, 'client.secret'), 'second');
    await trust.refresh();
    expect(await codeOf(who, 'opaque')).toBe('accepted a');
    const sent = server.questions.map(({ headers }) =>
      Buffer.from(String(headers['authorization']).slice(6), 'base64').toString(),
    );
    expect(sent).toEqual(['census:first', 'census:second']);
    expect(trust.issuers[0]).toBe(before);
    expect(events.at(-1)).toMatchObject({ changed: ['asked'] });
    expect(JSON.stringify(trust.sources())).not.toMatch(/second|first/);
    await server.close();
  });

  it.each([
    ['no path', ''],
    ['no file name at all', 7],
  ])('refuses %s', (_what, where) => {
    expect(() => trustFile(where as string)).toThrow(/^trustFile must/);
  });
});

describe('trustFromServer', () => {
  let server: Server;
  let origin: string;
  let asked: string[];
  let answer: { status: number; headers?: Record<string, string>; body: unknown };

  beforeEach(async () => {
    asked = [];
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
      const { status, headers, body } = answer;
      response
        .writeHead(status, headers)
        .end(typeof body === 'string' ? body : JSON.stringify(body));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    answer = { status: 200, body: document() };
  });

  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  const told = (issuer: TestIssuer, more: Record<string, Json> = {}) => ({
    name: issuer.name,
    issuer: issuer.issuer,
    jwks: issuer.jwks().keys as unknown as Json,
    scopes: ['users:read'],
    subjects: ['https://census.example/user/'],
    ...more,
  });
  const document = (...peers: readonly unknown[]) => ({
    issuer: origin,
    callers: { 'herald-client': 'herald' },
    peers: peers.length > 0 ? peers : [told(herald)],
  });
  const source = (options: object = {}) =>
    trustFromServer(origin, { client: clientSecretBasic('census', 'sesame'), ...options });

  it('trusts the server, its clients by name, and the peers that it names', async () => {
    const trust = trusting(source());
    await trust.open();
    expect(asked).toEqual([
      `POST /oauth2/trust Basic ${Buffer.from('census:sesame').toString('base64')}`,
    ]);
    expect(trust.issuers).toMatchObject([
      { name: 'auth-server', issuer: origin, callers: { 'herald-client': 'herald' } },
      { name: 'herald', kind: 'service-peer', mayAssert: ['users:read'], maxLifetime: 60 },
    ]);
    const who = authenticator(trust);
    expect(await codeOf(who, tokenOf(herald))).toBe('accepted herald');
    answer.body = { ...document(told(shop)) };
    await trust.refresh();
    expect(await codeOf(who, tokenOf(herald))).toBe('ISSUER_UNTRUSTED');
    expect(await codeOf(who, tokenOf(shop))).toBe('accepted shop');
  });

  it('leaves out who is called like the server, and trusts all others', async () => {
    const named = told(shop, { name: 'auth-server' });
    answer.body = document(named, told(herald));
    const trust = trusting(source());
    await trust.open();
    expect(trust.issuers.map(({ name }) => name)).toEqual(['auth-server', 'herald']);
    expect(await codeOf(authenticator(trust), tokenOf(shop))).toBe('ISSUER_UNTRUSTED');
  });

  it('starts without the server, and trusts once it answers', async () => {
    answer = { status: 503, body: '' };
    const trust = trusting(source());
    await trust.open();
    const who = authenticator(trust);
    expect(await codeOf(who, tokenOf(herald))).toBe('TRUST_UNAVAILABLE');
    answer = { status: 200, body: document() };
    await trust.refresh();
    expect(await codeOf(who, tokenOf(herald))).toBe('accepted herald');
  });

  it.each<[string, () => typeof answer]>([
    ['an error', () => ({ status: 500, body: '' })],
    ['a refusal', () => ({ status: 401, body: { error: 'invalid_client' } })],
    ['a redirect', () => ({ status: 307, headers: { location: '/elsewhere' }, body: '' })],
    ['no JSON', () => ({ status: 200, body: '<html>' })],
    ['a list', () => ({ status: 200, body: [] })],
    ['more than 1 MiB', () => ({ status: 200, body: { ...document(), x: 'x'.repeat(1 << 20) } })],
    ['another issuer', () => ({ status: 200, body: { ...document(), issuer: `${origin}/` } })],
    ['no issuer', () => ({ status: 200, body: { ...document(), issuer: undefined } })],
    ['itself as a peer', () => ({ status: 200, body: document(told(herald, { issuer: origin })) })],
    ['a peer twice', () => ({ status: 200, body: document(told(herald), told(herald)) })],
    [
      'a peer with a member that is not known',
      () => ({ status: 200, body: document(told(herald, { until: 1 })) }),
    ],
    [
      'a peer without keys',
      () => ({ status: 200, body: document({ ...told(herald), jwks: undefined }) }),
    ],
    [
      'a peer with a private key',
      () => ({
        status: 200,
        body: document(told(herald, { jwks: [{ kty: 'oct', k: 'c2VjcmV0' }] })),
      }),
    ],
    [
      'keys in plain http',
      () => ({
        status: 200,
        body: document({ ...told(herald, { jwks_uri: 'http://keys.example/' }), jwks: undefined }),
      }),
    ],
    [
      'keys that are to be discovered',
      () => ({ status: 200, body: document(told(herald, { jwks: 'discover' })) }),
    ],
    [
      'scopes that are none',
      () => ({ status: 200, body: document(told(herald, { scopes: 'any' })) }),
    ],
    [
      'callers that are no names',
      () => ({ status: 200, body: { ...document(), callers: { a: 1 } } }),
    ],
  ])('changes nothing for %s', async (_what, change) => {
    const trust = trusting(source());
    await trust.open();
    answer = change();
    await trust.refresh();
    const who = authenticator(trust);
    expect(await codeOf(who, tokenOf(herald))).toBe('accepted herald');
    expect(trust.sources()).toMatchObject([{ state: 'failing', failures: 1 }]);
    expect(asked.every((line) => line.startsWith('POST /oauth2/trust '))).toBe(true);
    expect(trust.sources()[0]?.lastError).not.toMatch(/sesame/);
  });

  it('reads keys that it names at public addresses only, and at those that it lists', async () => {
    const served = await herald.serve();
    const at = (networks: readonly string[]) =>
      document({ ...told(herald, { jwks_uri: served.jwksUri, networks }), jwks: undefined });
    answer.body = at([]);
    const trust = trusting(source());
    await trust.open();
    const who = authenticator(trust);
    expect(await codeOf(who, tokenOf(herald))).toBe('KEYS_UNAVAILABLE');
    expect(served.hits()).toBe(0);
    answer.body = at(['127.0.0.0/8']);
    await trust.refresh();
    expect(await codeOf(who, tokenOf(herald))).toBe('accepted herald');
    await served.close();
  });

  it.each<[string, object, RegExp]>([
    ['an endpoint in plain http', { endpoint: 'http://auth.example/' }, /^endpoint must/],
    ['no client', { client: undefined }, /^client must/],
    ['answers that are too old', { maxAge: '8d' }, /^maxAge must/],
    ['a misspelt option', { maxage: '1d' }, /^maxage is not an option/],
    ['a wrong option of the server', { server: { subjects: ['x'] } }, /^subjects must/],
  ])('refuses %s', (_what, options, message) => {
    expect(() => source(options)).toThrow(message);
  });
});
