import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';

import 'reflect-metadata';
import { DATABASE, SigningKeys } from '@countersign/runtime';
import type { Database } from '@countersign/storage';
import { startPostgres, type TestPostgres } from '@countersign/test-postgres';
import { until } from '@countersign/testing';
import { createRevocationSet, followRevocations } from '@countersign/token';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';

import type { FeedMessage, RevocationFeed } from '../src/status/feed/revocation-feed.js';
import { RevocationStreams, type StreamOptions } from '../src/status/feed/revocation-streams.js';
import { RevocationStore } from '../src/status/revocation-store.js';
import { Revocations } from '../src/status/revocations.js';
import { issuer, startAuthServer, type TestServer } from './start-auth-server.js';

interface Claims {
  readonly iss: string;
  readonly iat: number;
  readonly exp: number;
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
  readonly more: boolean;
  readonly entries: readonly Record<string, unknown>[];
}

let server: TestServer;
const by = { client: 'ops' };
const jti = () => randomBytes(8).toString('hex');
const later = () => Math.floor(Date.now() / 1000) + 600;

beforeAll(async () => {
  server = await startAuthServer();
}, 60_000);
afterAll(() => server.stop());

const store = () => server.running.app.get(RevocationStore);
const verify = async (jws: string): Promise<Claims> => {
  const keys = await fetch(`${server.running.url}.well-known/jwks.json`);
  const set = createLocalJWKSet((await keys.json()) as JSONWebKeySet);
  const options = { issuer, typ: 'revocations+jwt', algorithms: ['ES256'] };
  return (await jwtVerify(jws, set, options)).payload as unknown as Claims;
};
const ask = (query = '', headers: Record<string, string> = {}) =>
  fetch(`${server.running.url}oauth2/revocations${query}`, { headers });
const read = async (query = '') => verify(await (await ask(query)).text());
const bodyOf = (jws: string) =>
  JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString()) as Claims;
/** Where whoever knows everything stands. */
const current = async () => {
  let page = await read();
  while (page.more) page = await read(`?after=${page.to}&epoch=${page.epoch}`);
  return page;
};

describe('GET /oauth2/revocations', () => {
  it('says, signed, what is revoked', async () => {
    const before = await current();
    const exp = later();
    await store().revokeToken({ jti: 'a', expiresAt: exp }, by);
    await store().revokeClient('c', by);
    await store().revokeSubject('https://census.example/user/1/', by);
    await store().revokeKey('k', exp, by);
    const claims = await read(`?after=${before.to}&epoch=${before.epoch}`);
    const now = Date.now() / 1000;
    expect(claims).toEqual({
      iss: issuer,
      iat: expect.any(Number),
      exp: claims.iat + 60,
      epoch: before.epoch,
      from: before.to,
      to: before.to + 4,
      more: false,
      entries: [
        { v: before.to + 1, kind: 'token', jti: 'a', exp: exp + 60 },
        {
          v: before.to + 2,
          kind: 'client',
          client_id: 'c',
          before: expect.any(Number),
          exp: expect.any(Number),
        },
        {
          v: before.to + 3,
          kind: 'subject',
          sub: 'https://census.example/user/1/',
          before: expect.any(Number),
          exp: expect.any(Number),
        },
        { v: before.to + 4, kind: 'key', kid: 'k', exp },
      ],
    });
    expect(claims.iat).toBeLessThanOrEqual(now);
    expect(claims.iat).toBeGreaterThan(now - 5);
    expect(Number(claims.entries[1]?.['before'])).toBeGreaterThan(now - 5);
    expect(Number(claims.entries[1]?.['exp'])).toBeGreaterThan(now + 86_400);
  });

  it('may be kept by nobody without asking again, and is not sent twice', async () => {
    const answer = await ask();
    expect(answer.headers.get('content-type')).toBe('application/jwt');
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    expect(answer.headers.get('vary')).toBe('accept');
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    const etag = answer.headers.get('etag')!;
    const statuses = await Promise.all(
      [etag, '"other"'].map(async (known) => (await ask('', { 'if-none-match': known })).status),
    );
    // Signed anew every second: only within one is it the same message.
    expect(statuses[1]).toBe(200);
    expect([200, 304]).toContain(statuses[0]);
  });

  it('has nothing to say to whoever knows everything', async () => {
    const { to, epoch } = await current();
    const claims = await read(`?after=${to}&epoch=${epoch}`);
    expect(claims).toMatchObject({ from: to, to, more: false, entries: [] });
  });

  it.each<[string, (to: number, epoch: string) => string]>([
    ['another epoch', (to) => `?after=${to}&epoch=other`],
    ['no epoch', (to) => `?after=${to}`],
    ['a version that never was', (to, epoch) => `?after=${to + 1}&epoch=${epoch}`],
    ['an epoch alone', (_to, epoch) => `?epoch=${epoch}`],
  ])('starts over for whoever knows %s', async (_what, query) => {
    await store().revokeToken({ jti: jti(), expiresAt: later() }, by);
    const all = await read();
    const claims = await read(query(all.to, all.epoch));
    expect(claims).toMatchObject({ from: 0, to: all.to, entries: all.entries });
    expect(claims.entries.length).toBeGreaterThan(0);
  });

  it.each([
    '?after=-1',
    '?after=1.5',
    '?after=x',
    '?after=1e3',
    '?after=9999999999999999999',
    '?after=1&after=2',
    '?epoch=a%0Ab',
    `?epoch=${'a'.repeat(65)}`,
    '?epoch=a&epoch=b',
  ])('refuses %s', async (query) => {
    expect((await ask(query)).status).toBe(400);
    expect((await ask(query, { accept: 'text/event-stream' })).status).toBe(400);
  });

  it('pages by a thousand, and loses none', async () => {
    const database = server.running.app.get<Database>(DATABASE);
    const before = await current();
    await database.transaction(async (tx) => {
      await tx.execute(
        `insert into revocations (kind, value, version, expires_at)
         select 'token', 'many-' || n, $1::bigint + n, $2 from generate_series(1, 2499) n`,
        [before.to, later()],
      );
      await tx.execute(`update versions set version = version + 2499 where topic = 'revocations'`);
    });
    await store().revokeToken({ jti: 'last', expiresAt: later() }, by);
    const sizes: [number, boolean][] = [];
    const values = new Set<unknown>();
    let { epoch, to } = before;
    for (let more = true; more;) {
      const page = await read(`?after=${to}&epoch=${epoch}`);
      expect(page.from).toBe(to);
      for (const entry of page.entries) values.add(entry['jti']);
      sizes.push([page.entries.length, page.more]);
      ({ epoch, to, more } = page);
    }
    expect(sizes).toEqual([
      [1_000, true],
      [1_000, true],
      [500, false],
    ]);
    expect(values.size).toBe(2_500);
    expect(to).toBe(before.to + 2_500);
  });

  it('answers HEAD and refuses other methods', async () => {
    const head = await fetch(`${server.running.url}oauth2/revocations/stream`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const answer = await fetch(`${server.running.url}oauth2/revocations`, { method });
      expect(answer.status).toBe(405);
    }
  });
});

/** A reader of a stream: its events, and the response they came in. */
async function follow(url: string, headers: Record<string, string> = {}) {
  const request = get(url, { headers: { accept: 'text/event-stream', ...headers } });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const events: { id: string; event: string; data: string }[] = [];
  let text = '';
  let isEnded = false;
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    const parts = (text + chunk).split('\n\n');
    text = parts.pop()!;
    for (const part of parts) {
      const fields = part.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2));
      events.push(Object.fromEntries(fields) as (typeof events)[number]);
    }
  });
  response.on('close', () => (isEnded = true));
  response.on('error', () => undefined);
  return {
    response,
    events,
    get isEnded() {
      return isEnded;
    },
    stop: () => request.destroy(),
  };
}

describe('the stream of GET /oauth2/revocations', () => {
  const url = (path = '') => `${server.running.url}oauth2/revocations${path}`;

  it.each(['', '/stream'])(
    'tells at once what is revoked, and then every change (%s)',
    async (path) => {
      const { to, epoch } = await current();
      const reader = await follow(url(`${path}?after=${to}&epoch=${epoch}`));
      expect(reader.response.statusCode).toBe(200);
      expect(reader.response.headers).toMatchObject({
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no',
        connection: 'close',
        'x-content-type-options': 'nosniff',
      });
      await until(() => reader.events.length === 1);
      const value = jti();
      await store().revokeToken({ jti: value, expiresAt: later() }, by);
      await until(() => reader.events.length === 2);
      const [first, second] = reader.events;
      expect(first).toMatchObject({ id: `${epoch}:${to}`, event: 'revocations' });
      expect(await verify(first!.data)).toMatchObject({ from: to, to, entries: [] });
      expect(second).toMatchObject({ id: `${epoch}:${to + 1}` });
      expect(await verify(second!.data)).toMatchObject({
        entries: [{ kind: 'token', jti: value }],
      });
      reader.stop();
    },
  );

  it('says every two seconds that nothing happened, signed', async () => {
    const { to, epoch } = await current();
    const reader = await follow(url(`?after=${to}&epoch=${epoch}`));
    await until(() => reader.events.length === 3);
    const claims = await Promise.all(reader.events.map(({ data }) => verify(data)));
    expect(claims[2]).toMatchObject({ from: to, to, entries: [] });
    expect(claims[2]!.iat).toBeGreaterThan(claims[0]!.iat);
    reader.stop();
  }, 20_000);

  it('goes on where the last event was', async () => {
    const { to, epoch } = await current();
    const value = jti();
    await store().revokeToken({ jti: value, expiresAt: later() }, by);
    const headers = { 'last-event-id': `${epoch}:${to}` };
    const reader = await follow(url('?after=0'), headers);
    await until(() => reader.events.length > 0);
    const claims = await verify(reader.events[0]!.data);
    expect(claims).toMatchObject({ from: to, entries: [{ jti: value }] });
    reader.stop();
  });

  it.each(['other:5', 'x', ':', 'a:b:c', '1e3:1e3'])(
    'starts over after the event %s',
    async (id) => {
      const reader = await follow(url(), { 'last-event-id': id });
      await until(() => reader.events.length > 0);
      expect(await verify(reader.events[0]!.data)).toMatchObject({ from: 0 });
      reader.stop();
    },
  );

  it('tells everything, however much that is, before it waits', async () => {
    const { to } = await current();
    const reader = await follow(url());
    await until(() => reader.events.some(({ id }) => Number(id.split(':')[1]) >= to));
    const claims = await Promise.all(reader.events.map(({ data }) => verify(data)));
    claims.reduce((position, { from, to: next }) => {
      expect(from).toBe(position);
      return next;
    }, 0);
    reader.stop();
  });

  it('is what a guard follows', async () => {
    const set = createRevocationSet();
    const keys = server.running.app.get(SigningKeys).keyStore;
    const follower = followRevocations({
      issuer: { name: 'auth', issuer, algorithms: ['ES256'], keys },
      url: url(),
      set,
    });
    await until(() => follower.age < 5);
    const value = jti();
    const token = { claims: { jti: value }, issuedAt: 1, kid: undefined };
    expect(set.revokedBy(token)).toBeUndefined();
    await store().revokeToken({ jti: value, expiresAt: later() }, by);
    await until(() => set.revokedBy(token) === 'token');
    await follower.close();
  });
});

/** The streams alone, over real sockets, with a feed of our own making. */
describe('RevocationStreams', () => {
  let http: Server;
  let streams: RevocationStreams;
  let version = 0;
  let size = 10;
  let tell: () => void = () => undefined;
  let failure: Error | undefined;
  let asked = 0;
  const feed = {
    isBehind: (position: { version: number }) => position.version < version,
    next: async (): Promise<FeedMessage> => {
      asked += 1;
      if (failure) throw failure;
      return { position: { epoch: 'e', version }, isEmpty: false, jws: 'x'.repeat(size) };
    },
  } as unknown as RevocationFeed;

  const start = async (options: StreamOptions) => {
    streams = new RevocationStreams(
      feed,
      { onChange: (l) => ((tell = l), () => undefined) },
      options,
    );
    http = createServer((request, response) => {
      const network = String(request.headers['x-network'] ?? 'here');
      if (!streams.hasRoomFor(network)) return void response.writeHead(503).end();
      streams.open(response, { network, position: { epoch: 'e', version } });
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    return `http://127.0.0.1:${(http.address() as AddressInfo).port}/`;
  };
  beforeEach(() => {
    version = 0;
    size = 10;
    failure = undefined;
  });
  afterEach(async () => {
    streams.close();
    http.closeAllConnections();
    http.close();
    await once(http, 'close');
  });

  it('have room for so many of one network, and so many in all', async () => {
    const url = await start({ mostStreams: 3, mostPerNetwork: 2 });
    const open = (network: string) => follow(url, { 'x-network': network });
    const readers = [await open('a'), await open('a'), await open('b')];
    expect(readers.map(({ response }) => response.statusCode)).toEqual([200, 200, 200]);
    expect((await open('c')).response.statusCode).toBe(503);
    readers[2]!.stop();
    await until(() => streams.size === 2);
    expect((await open('a')).response.statusCode).toBe(503);
    readers[0]!.stop();
    await until(() => streams.size === 1);
    expect((await open('a')).response.statusCode).toBe(200);
  });

  it('cut off who does not read, and nobody else', async () => {
    const url = await start({ heartbeat: 3_600_000, patience: 200 });
    size = 4_000_000;
    const { port } = new URL(url);
    const deaf = connect(Number(port), '127.0.0.1');
    deaf.on('error', () => undefined).pause();
    deaf.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await until(() => streams.size === 1);
    const reader = await follow(url);
    await until(() => streams.size === 2);
    for (let n = 1; streams.size > 1; n += 1) {
      version = n;
      tell();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(reader.isEnded).toBe(false);
    deaf.destroy();
    reader.stop();
  });

  it('fall silent while nobody can tell, and go on afterwards', async () => {
    const url = await start({ heartbeat: 10 });
    const reader = await follow(url);
    await until(() => reader.events.length >= 2);
    failure = new Error('stale');
    asked = 0;
    await until(() => asked > 1);
    const { length } = reader.events;
    await until(() => asked > 5);
    expect(reader.events).toHaveLength(length);
    failure = undefined;
    await until(() => reader.events.length > length);
    expect(reader.isEnded).toBe(false);
  });

  it('end when they are closed, and open no more', async () => {
    const url = await start({});
    const reader = await follow(url);
    streams.close();
    await until(() => reader.isEnded);
    expect((await follow(url)).response.statusCode).toBe(503);
  });
});

describe('a server', () => {
  it('ends its streams when it stops, instead of waiting for them', async () => {
    const other = await startAuthServer();
    const reader = await follow(`${other.running.url}oauth2/revocations`);
    await until(() => reader.events.length > 0);
    await other.stop();
    await until(() => reader.isEnded);
    // Ended, not cut off when its patience was over.
    expect(reader.response.complete).toBe(true);
  }, 60_000);

  it('refuses whoever asks the feed too often', async () => {
    const other = await startAuthServer(undefined, undefined, { RATE_LIMIT_FEED: '3' });
    const answer = () => fetch(`${other.running.url}oauth2/revocations`);
    const statuses = [await answer(), await answer(), await answer()].map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 200]);
    const refused = await answer();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await other.stop();
  }, 60_000);
});

describe('two replicas on one PostgreSQL', () => {
  let postgres: TestPostgres;
  let replicas: TestServer[];
  beforeAll(async () => {
    postgres = await startPostgres();
    const env = {
      DATABASE_URL: await postgres.url('replicas'),
      KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
    };
    const start = () => startAuthServer(undefined, undefined, env);
    replicas = [await start(), await start()];
  }, 60_000);
  afterAll(async () => {
    for (const replica of replicas) await replica.stop();
    await postgres.stop();
  }, 60_000);

  it('tell the followers of the one what was revoked at the other', async () => {
    const [one, two] = replicas as [TestServer, TestServer];
    const reader = await follow(`${two.running.url}oauth2/revocations`);
    await until(() => reader.events.length > 0);
    await one.running.app.get(RevocationStore).revokeClient('job', by);
    const revoked = { jti: 'x', clients: ['job'], subject: 'job', kid: 'k', issuedAt: 1 };
    // Within the five seconds that a test may take.
    await until(() => two.running.app.get<Revocations>(Revocations).isRevoked(revoked));
    await until(() => reader.events.some(({ data }) => bodyOf(data).entries.length > 0));
    reader.stop();
  });

  it('let a follower of the one go on at the other', async () => {
    const [one, two] = replicas as [TestServer, TestServer];
    const first = await follow(`${one.running.url}oauth2/revocations`);
    await until(() => first.events.length > 0);
    const { id } = first.events.at(-1)!;
    first.stop();
    await two.running.app.get(RevocationStore).revokeSubject('s', by);
    const second = await follow(`${two.running.url}oauth2/revocations`, { 'last-event-id': id });
    await until(() => second.events.length > 0);
    const { from, entries } = bodyOf(second.events[0]!.data);
    expect(from).toBe(Number(id.split(':')[1]));
    expect(entries).toMatchObject([{ kind: 'subject', sub: 's' }]);
    second.stop();
  });
});
