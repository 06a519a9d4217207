import { createKeyStore, jwksSource, KeySourceError } from '@countersign/token';
import type { AccessError, KeyStoreEvent, RemoteKeyStore } from '@countersign/token';

import { startHostileJwks, testClock, unusableJwksModes, usableJwksModes } from '../src/index.js';
import type { HostileJwks, HostileJwksMode, TestClock } from '../src/index.js';

let hostile: HostileJwks;

beforeAll(async () => {
  hostile = await startHostileJwks();
});
afterAll(() => hostile.close());

// Long enough for a loaded machine to send a good answer; the slow modes need all of it.
const timeout = '400ms';

const sourceOf = (mode: HostileJwksMode) => jwksSource(hostile.jwksUriOf(mode), { timeout });

describe('jwksSource against a hostile server', () => {
  it.each(usableJwksModes)('reads the good key of an answer that is %s', async (mode) => {
    const { keys } = await jwksSource(hostile.jwksUriOf(mode)).read();
    expect(keys).toContainEqual(hostile.key.jwk);
  });

  it.each<[mode: HostileJwksMode, message: RegExp]>([
    ['html', /no strict JSON object/],
    ['garbage', /no strict JSON object/],
    ['utf16', /no strict JSON object/],
    ['bom', /no strict JSON object/],
    ['nothing', /no strict JSON object/],
    ['duplicate-keys-member', /no strict JSON object/],
    ['truncated', /could not be read/],
    ['reset', /could not be read/],
    ['null', /no strict JSON object/],
    ['bare-array', /no strict JSON object/],
    ['no-keys', /no array of keys/],
    ['keys-as-object', /no array of keys/],
    ['hundred-and-one-keys', /over 100 keys/],
    ['many-keys', /more than 262144 bytes/],
    ['huge', /more than 262144 bytes/],
    ['gzip-bomb', /more than 262144 bytes/],
    ['brotli-bomb', /more than 262144 bytes/],
    ['endless-headers', /could not be read: UND_ERR_HEADERS_OVERFLOW$/],
    ['partial-content', /answered 206/],
    ['drip', /within 400 ms/],
    ['hang', /within 400 ms/],
    ['slow-headers', /within 400 ms/],
    ['status-500', /answered 500/],
    ['status-503', /answered 503/],
    ['endless-error', /answered 500/],
    ['not-modified', /answered 304/],
    ['redirect', /answered 302/],
  ])('refuses an answer that is %s', async (mode, message) => {
    const read = jwksSource(hostile.jwksUriOf(mode), {
      timeout: message.source.includes('within') ? timeout : '3s',
    }).read();
    await expect(read).rejects.toThrow(message);
    await expect(read).rejects.toBeInstanceOf(KeySourceError);
  });

  it('keeps the cause of a connection that failed', async () => {
    await expect(sourceOf('reset').read()).rejects.toMatchObject({
      message: expect.stringMatching(/could not be read: (ECONNRESET|UND_ERR_SOCKET)$/),
      cause: { message: 'fetch failed' },
    });
  });

  it('makes a connection that was cut anew, twice at most', async () => {
    const before = hostile.hits();
    await expect(jwksSource(hostile.jwksUriOf('reset')).read()).rejects.toThrow(KeySourceError);
    expect(hostile.hits() - before).toBe(3);
  });

  it('reads a server that cuts the first connection and is well then', async () => {
    hostile.mode = 'reset';
    const before = hostile.hits();
    const read = jwksSource(hostile.jwksUri).read();
    while (hostile.hits() === before) await new Promise((resolve) => setImmediate(resolve));
    hostile.mode = 'good';
    expect((await read).keys).toEqual([hostile.key.jwk]);
  });

  it.each<HostileJwksMode>(['status-500', 'garbage', 'huge'])(
    'asks once only when the answer is %s',
    async (mode) => {
      const before = hostile.hits();
      await expect(jwksSource(hostile.jwksUriOf(mode)).read()).rejects.toThrow(KeySourceError);
      expect(hostile.hits() - before).toBe(1);
    },
  );

  it('follows no redirect', async () => {
    const before = hostile.hits();
    await expect(sourceOf('redirect').read()).rejects.toThrow(KeySourceError);
    expect(hostile.hits() - before).toBe(1);
  });

  // Socket buffers of a loopback connection take a few megabytes before the sender notices.
  it.each<HostileJwksMode>(['huge', 'gzip-bomb', 'endless-error'])(
    'hangs up on an answer that is %s',
    async (mode) => {
      const [sent, abandoned] = [hostile.bytesSent(), hostile.abandoned()];
      await expect(sourceOf(mode).read()).rejects.toThrow(KeySourceError);
      await hostile.idle();
      expect(hostile.abandoned() - abandoned).toBe(1);
      expect(hostile.bytesSent() - sent).toBeLessThan(32 * 1024 * 1024);
    },
  );

  it.each<HostileJwksMode>(['drip', 'hang', 'slow-headers'])(
    'hangs up when time is over on an answer that is %s',
    async (mode) => {
      const abandoned = hostile.abandoned();
      await expect(sourceOf(mode).read()).rejects.toThrow(KeySourceError);
      await hostile.idle();
      expect(hostile.abandoned() - abandoned).toBe(1);
    },
  );
});

describe('createKeyStore against a hostile server', () => {
  let clock: TestClock;
  let store: RemoteKeyStore;
  let events: KeyStoreEvent[];

  beforeEach(() => {
    hostile.mode = 'good';
    clock = testClock();
    events = [];
    store = createKeyStore(jwksSource(hostile.jwksUri, { timeout }), {
      algorithms: ['ES256'],
      clock,
      onEvent: (event) => events.push(event),
    });
  });

  const query = (kid: string | undefined = 'good') => ({
    kid,
    algorithm: 'ES256' as const,
    issuedAt: clock.now(),
  });
  const find = async (kid?: string) => store.find(query(kid));

  it.each(unusableJwksModes)('never lets an answer that is %s replace a good set', async (mode) => {
    const good = await find();
    hostile.mode = mode;
    clock.advance('5m');
    expect(await find()).toBe(good);
    expect(store.status()).toMatchObject({ state: 'stale', failures: 1, kids: ['good'] });
    hostile.mode = 'good';
    clock.advance('1s');
    await store.load();
    expect(store.status()).toMatchObject({ state: 'fresh', failures: 0, lastError: undefined });
    expect(events.map(({ kind }) => kind)).toEqual(['replaced', 'failed', 'replaced']);
  });

  it.each(unusableJwksModes)('cannot decide while its first answer is %s', async (mode) => {
    hostile.mode = mode;
    await expect(find()).rejects.toMatchObject({
      code: 'KEYS_UNAVAILABLE',
      status: 503,
      retryAfter: 1,
    });
    expect(store.status()).toMatchObject({ state: 'empty', kids: [], failures: 1 });
    hostile.mode = 'good';
    clock.advance('1s');
    expect(await find()).toMatchObject({ kid: 'good' });
  });

  it('stays with the set it has when the server says it has not changed', async () => {
    const good = await find();
    hostile.mode = 'not-modified';
    clock.advance('5m');
    expect(await find()).toBe(good);
    expect(store.status()).toMatchObject({ state: 'fresh', failures: 0 });
  });

  it.each<[mode: HostileJwksMode, seconds: number]>([
    ['max-age-zero', 30],
    ['age-over-max-age', 30],
    ['max-age-ten-years', 600],
    ['wrong-content-type', 600],
  ])('of an answer that is %s asks again after %i s', async (mode, seconds) => {
    hostile.mode = mode;
    await store.load();
    const before = hostile.hits();
    clock.advance(seconds - 1);
    await store.load();
    expect(hostile.hits() - before).toBe(0);
    clock.advance(1);
    await store.load();
    expect(hostile.hits() - before).toBe(1);
  });

  it('uses the good key among bad ones and reports each of the others', async () => {
    hostile.mode = 'one-good-among-bad';
    expect(await find()).toMatchObject({ kid: 'good' });
    const dropped = [
      { kid: 'weak', fault: 'algorithm_forbidden' },
      { kid: 'exponent-one', fault: 'algorithm_forbidden' },
      { kid: 'off-curve', fault: 'point_not_on_curve' },
      { kid: 'for-encryption', fault: 'use_not_sig' },
      { kid: undefined, fault: 'kid_missing' },
      { kid: 'leaked', fault: 'private_key' },
    ];
    expect(store.status().dropped).toEqual(dropped);
    expect(events).toMatchObject([{ kind: 'replaced', kids: ['good'], dropped }]);
  });

  it('asks once for 500 requests on a cold start', async () => {
    const before = hostile.hits();
    const keys = await Promise.all(Array.from({ length: 500 }, () => find()));
    expect(new Set(keys).size).toBe(1);
    expect(hostile.hits() - before).toBe(1);
  });

  it('asks at most once per cool-down for 10 000 kids that nobody publishes', async () => {
    store = createKeyStore(jwksSource(hostile.jwksUri), { algorithms: ['ES256'], clock });
    await find();
    const before = hostile.hits();
    for (let round = 1; round <= 3; round += 1) {
      clock.advance('30s');
      const kids = Array.from({ length: 10_000 }, (_, index) => `made-up-${round}-${index}`);
      const outcomes = await Promise.allSettled(kids.map((kid) => find(kid)));
      expect(new Set(outcomes.map(codeOf))).toEqual(new Set(['KEY_UNKNOWN']));
      expect(hostile.hits() - before).toBe(round);
      expect(store.find(query())).toMatchObject({ kid: 'good' });
    }
  });
});

function codeOf(outcome: PromiseSettledResult<unknown>): unknown {
  return outcome.status === 'rejected' ? (outcome.reason as AccessError).code : 'found';
}
