import { createRevocationSet, createTrustRegistry, followRevocations } from '@countersign/token';
import type { FollowEvent, FollowOptions, RevocationFollower } from '@countersign/token';

import { createTestIssuer, testClock, testRevocationFeed, until } from '../src/index.js';
import type { FeedMode, ServedIssuer, TestRevocationFeed } from '../src/index.js';

describe('followRevocations', () => {
  const clock = testClock();
  const issuer = createTestIssuer({ clock });
  let feed: TestRevocationFeed;
  let served: ServedIssuer;
  let follower: RevocationFollower;
  let events: FollowEvent[];
  let set = createRevocationSet({ clock });

  beforeEach(async () => {
    feed = testRevocationFeed(issuer, { pageSize: 3 });
    served = await issuer.serve({ feed });
    events = [];
    set = createRevocationSet({ clock });
  });
  afterEach(async () => {
    await follower.close();
    await served.close();
  });

  const follow = (options: Partial<FollowOptions> = {}): void => {
    const [trusted] = createTrustRegistry([issuer.trustEntry()], { clock }).issuers;
    follower = followRevocations({
      issuer: trusted!,
      url: `${served.url}/oauth2/revocations`,
      set,
      clock,
      pollEvery: '5ms',
      patience: '150ms',
      longestPause: '10ms',
      onEvent: (event) => events.push(event),
      ...options,
    });
  };
  const revoke = (jti: string) =>
    feed.revoke({ kind: 'token', jti, exp: Math.floor(clock.now()) + 300 });
  const isRevoked = (jti: string): boolean =>
    set.revokedBy({ claims: { jti }, issuedAt: clock.now(), kid: undefined }) !== undefined;

  it.each<FeedMode>(['events', 'messages'])('follows a feed that speaks %s', async (mode) => {
    feed.mode = mode;
    revoke('a');
    follow();
    await until(() => isRevoked('a'));
    revoke('b');
    await until(() => isRevoked('b'));
    expect([follower.age, follower.version]).toEqual([0, 2]);
    expect(events).toEqual([
      { kind: 'followed', by: mode === 'events' ? 'events' : 'message', version: 1 },
    ]);
  });

  it.each<FeedMode>(['events', 'messages'])(
    'reads all pages of a long feed of %s',
    async (mode) => {
      feed.mode = mode;
      for (let n = 0; n < 10; n++) revoke(`t${n}`);
      follow();
      await until(() => follower.age === 0);
      expect([set.size, follower.version]).toEqual([10, 10]);
    },
  );

  it('goes on where it stopped after the connection was cut', async () => {
    revoke('a');
    follow();
    await until(() => isRevoked('a'));
    feed.cut();
    revoke('b');
    await until(() => isRevoked('b'));
    const { epoch } = feed;
    expect(feed.questions.at(-1)).toEqual({
      accept: 'text/event-stream, application/jwt;q=0.5',
      after: '1',
      epoch,
      lastEventId: `${epoch}:1`,
    });
  });

  it('starts anew with a new epoch, and forgets nothing', async () => {
    revoke('a');
    revoke('b');
    follow();
    await until(() => isRevoked('b'));
    feed.startAnew();
    clock.advance(1);
    revoke('c');
    await until(() => isRevoked('c'));
    expect([isRevoked('a'), follower.version]).toEqual([true, 1]);
  });

  it('grows old in silence, and young again with a heartbeat', async () => {
    follow();
    await until(() => follower.age === 0);
    clock.advance(5);
    expect(follower.age).toBe(5);
    feed.beat();
    await until(() => follower.age === 0);
  });

  it.each<FeedMode>([
    'stall',
    'drip',
    'garbage',
    'forged',
    'gap',
    'unknown',
    'huge',
    'away',
    'redirect',
  ])('learns nothing from a feed in mode %s, and all of it afterwards', async (mode) => {
    feed.mode = mode;
    revoke('a');
    follow({ retryPush: '20ms' });
    await until(() => events.filter(({ kind }) => kind === 'failed').length >= 3);
    expect([follower.age, isRevoked('a')]).toEqual([Infinity, false]);
    feed.mode = 'events';
    feed.cut();
    await until(() => isRevoked('a'));
    expect(follower.age).toBe(0);
  });

  it('polls when events do not get through', async () => {
    feed.mode = 'stall';
    follow();
    await until(() => events.length > 0);
    feed.mode = 'messages';
    await until(() => follower.age === 0);
    expect(feed.questions.at(-1)?.accept).toBe('application/jwt');
  });

  it.each<FeedMode>(['garbage', 'forged', 'gap', 'unknown', 'huge', 'older', 'stall', 'drip'])(
    'keeps what it knows, and grows old, when a good feed turns to %s',
    async (mode) => {
      revoke('a');
      follow();
      await until(() => follower.age === 0);
      feed.mode = mode;
      clock.advance(5);
      feed.cut();
      const asked = feed.questions.length;
      await until(() => feed.questions.length >= asked + 3 || events.length >= 3);
      expect([isRevoked('a'), follower.version]).toEqual([true, 1]);
      expect(follower.age).toBe(5);
    },
  );

  it('finds out where the feed is, and asks again while it cannot', async () => {
    let asked = 0;
    follow({
      url: async () => {
        asked += 1;
        if (asked < 3) throw new Error('no metadata');
        return `${served.url}/oauth2/revocations`;
      },
    });
    await until(() => follower.age === 0);
    expect([asked, events.map(({ kind }) => kind)]).toEqual([3, ['failed', 'failed', 'followed']]);
  });

  it('ends at once, in whatever state, and asks no more', async () => {
    feed.mode = 'stall';
    follow({ patience: '1h' });
    await until(() => feed.streams === 1);
    await follower.close();
    await until(() => feed.streams === 0);
    expect(feed.questions).toHaveLength(1);
  });

  it('is not ended by an observer that throws', async () => {
    follow({
      onEvent: () => {
        throw new Error('observer');
      },
    });
    await until(() => follower.age === 0);
  });

  it('refuses a url that anybody on the way could answer', () => {
    expect(() => follow({ url: 'http://auth.example/revocations' })).toThrow(/^revocation.url /);
  });
});

describe('a trust registry', () => {
  const clock = testClock();

  it('follows the feed that the metadata names, once it is read for the keys', async () => {
    const issuer = createTestIssuer({ clock });
    const feed = testRevocationFeed(issuer);
    const served = await issuer.serve({ feed });
    const registry = createTrustRegistry([issuer.servedTrustEntry()], { clock });
    registry.follow();
    expect(registry.revocations()).toMatchObject({
      'auth-server': { state: 'off', isExplicit: false },
    });
    await registry.load();
    await until(() => registry.revocations()['auth-server']?.state === 'fresh');
    await registry.close();
    await until(() => feed.streams === 0);
    await served.close();
  });

  it('finds a feed by itself when it was asked for one', async () => {
    const issuer = createTestIssuer({ clock });
    const feed = testRevocationFeed(issuer);
    const served = await issuer.serve({ feed });
    const entry = issuer.trustEntry({ revocation: { onStale: 'refuse' } });
    const registry = createTrustRegistry([entry], { clock });
    expect(registry.revocations()).toMatchObject({ 'auth-server': { state: 'off' } });
    registry.follow();
    registry.follow();
    await until(() => registry.revocations()['auth-server']?.state === 'fresh');
    expect(feed.streams).toBe(1);
    clock.advance(31);
    expect(registry.revocations()['auth-server']).toMatchObject({ state: 'stale', age: 31 });
    await registry.close();
    registry.follow();
    expect(feed.questions).toHaveLength(1);
    await served.close();
  });

  it.each([
    ['without a feed', (issuer: string) => ({ issuer })],
    [
      'with a feed at another origin',
      (issuer: string) => ({ issuer, revocation_feed_endpoint: 'http://127.0.0.2:1/feed' }),
    ],
    [
      'of another issuer',
      (issuer: string) => ({
        issuer: 'https://other.example',
        revocation_feed_endpoint: `${issuer}/feed`,
      }),
    ],
  ])('follows nothing by metadata %s', async (_name, metadata) => {
    const asked: string[] = [];
    const failures: unknown[] = [];
    const issuer = createTestIssuer({ clock });
    const registry = createTrustRegistry([issuer.trustEntry({ revocation: {} })], {
      clock,
      fetch: (async (url: string) => {
        asked.push(url);
        return Response.json(metadata(issuer.issuer));
      }) as typeof fetch,
      onRevocation: (event) => failures.push(event.kind),
    });
    registry.follow();
    await until(() => failures.length > 0);
    await registry.close();
    expect(failures[0]).toBe('failed');
    expect(new Set(asked)).toEqual(
      new Set(['https://auth-server.example/.well-known/oauth-authorization-server']),
    );
  });

  it.each<[string, object]>([
    ['revocation', { revocation: 'on' }],
    ['revocation', { revocation: null }],
    ['maxstale', { revocation: { maxstale: 1 } }],
    ['revocation.maxStale', { revocation: { maxStale: '4s' } }],
    ['revocation.maxStale', { revocation: { maxStale: '2h' } }],
    ['revocation.onStale', { revocation: { onStale: 'ignore' } }],
    ['revocation.url', { revocation: { url: 'http://auth.example/feed' } }],
  ])('refuses at once a wrong %s: %j', (option, trust) => {
    expect(() => createTestIssuer({ clock }).trustEntry(trust)).toThrow(
      new RegExp(`^${option.replace('.', '\\.')} `),
    );
  });
});
