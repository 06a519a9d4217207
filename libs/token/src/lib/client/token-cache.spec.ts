import { setImmediate as soon } from 'node:timers/promises';

import type { Clock } from '../types.js';
import { TokenAcquisitionError, type AcquisitionFailure } from './token-acquisition-error.js';
import { TokenCache, type SourceCacheOptions } from './token-cache.js';
import type { Acquired } from './token-endpoint.js';
import type { OutboundToken, TokenRequest } from './token-source.js';

const audience = 'https://census.example/';
const request: TokenRequest = { audience, scopes: ['users:read'] };
const forUser = (id: number): TokenRequest => ({
  ...request,
  subject: { uri: `${audience}user/${id}/` },
});

/** A clock that both stands still and is told; in seconds. */
function aClock(): Clock & { advance(seconds: number): void } {
  let seconds = 0;
  return {
    now: () => 1_800_000_000 + seconds,
    monotonic: () => seconds * 1000,
    advance: (more) => {
      seconds += more;
    },
  };
}

/** A cache over a server in memory that can fail, and be slow. */
function setUp(options: Partial<SourceCacheOptions> = {}, lifetime = 300) {
  const clock = aClock();
  const asked: TokenRequest[] = [];
  const server = {
    asked,
    failure: undefined as TokenAcquisitionError | Error | undefined,
    answers: Promise.resolve(),
    isFinal: false,
  };
  const acquire = async (wanted: TokenRequest): Promise<Acquired> => {
    asked.push(wanted);
    const name = `${asked.length}`;
    await server.answers;
    if (server.failure !== undefined) throw server.failure;
    const token: OutboundToken = {
      token: name,
      carrier: 'Bearer',
      expiresAt: clock.now() + lifetime,
    };
    return { token, lifetime, isFinal: server.isFinal };
  };
  const acquisition = {
    server: 'https://auth.example',
    client: 'herald',
    acquire,
    subjectKey: ({ uri }: { readonly uri: string }) => uri,
  };
  const cache = new TokenCache(acquisition, { clock, random: () => 0.5, ...options });
  /** The token, or the failure, of a call. */
  const get = async (wanted: TokenRequest = request): Promise<string> => {
    try {
      return (await cache.token(wanted)).token;
    } catch (error) {
      return error instanceof TokenAcquisitionError ? error.reason : String(error);
    }
  };
  return { cache, clock, server, get };
}

const fail = (reason: AcquisitionFailure, more: { error?: string; retryAfter?: number } = {}) =>
  new TokenAcquisitionError({
    reason,
    server: 'https://auth.example',
    client: 'herald',
    request,
    detail: 'it failed',
    ...more,
  });

/** The same chance in every run (a linear congruential generator). */
function aChance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** A promise that is settled by hand. */
function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), opened };
}

describe('TokenCache', () => {
  it('asks once for one target, and answers at once from then on', async () => {
    const { cache, get, server } = setUp();
    expect(await get()).toBe('1');
    expect(cache.token(request)).toEqual(expect.objectContaining({ token: '1' }));
    expect(server.asked).toHaveLength(1);
  });

  it('tells audience, scopes and subject apart, whatever stands in them', async () => {
    const { get, server } = setUp();
    const wanted: TokenRequest[] = [
      request,
      { audience },
      { audience, scopes: [] },
      { audience, scopes: ['users:read', 'users:write'] },
      { audience, scopes: ['users:read","users:write'] },
      { audience: `${audience}","x`, scopes: ['users:read'] },
      forUser(1),
      forUser(2),
      { ...request, subject: { uri: 'null' } },
    ];
    const first = await Promise.all(wanted.map(get));
    expect(new Set(first).size).toBe(wanted.length);
    expect(await Promise.all(wanted.map(get))).toEqual(first);
    expect(server.asked).toHaveLength(wanted.length);
  });

  it('asks once for many who need the same token at a time', async () => {
    const { get, server } = setUp();
    const { open, opened } = gate();
    server.answers = opened;
    const waiting = Promise.all(Array.from({ length: 500 }, () => get()));
    open();
    expect(new Set(await waiting)).toEqual(new Set(['1']));
  });

  it('never mixes users up, with a thousand at a time', async () => {
    const { cache } = setUp();
    const users = Array.from({ length: 1000 }, (_, id) => id);
    const first = await Promise.all(users.map((id) => cache.token(forUser(id))));
    expect(new Set(first.map(({ token }) => token)).size).toBe(1000);
    users.forEach((id, at) => expect(cache.token(forUser(id))).toBe(first[at]));
  });

  it('renews behind the back of a call, and answers with the old token meanwhile', async () => {
    const { cache, clock, get, server } = setUp();
    await get();
    const { open, opened } = gate();
    server.answers = opened;
    clock.advance(300 * 0.59); // chance stands in the middle of 0.4 to 0.8
    expect(await get()).toBe('1');
    expect(server.asked).toHaveLength(1);
    clock.advance(300 * 0.02);
    expect([await get(), await get(), await get()]).toEqual(['1', '1', '1']);
    expect(server.asked).toHaveLength(2);
    open();
    await soon();
    expect(cache.token(request)).toEqual(expect.objectContaining({ token: '2' }));
  });

  it('uses the old token until shortly before its end while the server fails', async () => {
    const failures: unknown[] = [];
    const { clock, get, server } = setUp({ onRenewalFailure: (error) => failures.push(error) });
    await get();
    server.failure = fail('unavailable');
    clock.advance(250);
    expect(await get()).toBe('1');
    await soon();
    expect(failures).toEqual([server.failure]);
    clock.advance(39);
    expect(await get()).toBe('1');
    await soon();
    clock.advance(1);
    expect(await get()).toBe('unavailable');
    server.failure = undefined;
    clock.advance(31);
    expect(await get()).not.toBe('unavailable');
  });

  it('leaves less time before the end of a token that lives shortly', async () => {
    const { clock, get } = setUp({}, 10);
    await get();
    clock.advance(8.9);
    expect(await get()).toBe('1');
    clock.advance(0.2);
    expect(await get()).not.toBe('1');
  });

  it('renews no token that another could not outlive', async () => {
    const { clock, get, server } = setUp();
    server.isFinal = true;
    await get();
    clock.advance(289);
    expect(await get()).toBe('1');
    expect(server.asked).toHaveLength(1);
  });

  it.each([
    [7, 7],
    [3600, 300],
  ])('leaves a server alone that asks for %i s for %i s', async (retryAfter, pause) => {
    const { clock, get, server } = setUp();
    server.failure = fail('unavailable', { retryAfter });
    await get();
    clock.advance(pause - 0.01);
    await get(forUser(1));
    expect(server.asked).toHaveLength(1);
    clock.advance(0.01);
    await get(forUser(2));
    expect(server.asked).toHaveLength(2);
  });

  it('doubles the pause with every failure, up to half a minute', async () => {
    const { clock, get, server } = setUp({ random: () => 1 });
    server.failure = fail('unavailable');
    const times: number[] = [];
    let seen = 0;
    for (let at = 0; at < 120; at += 0.5) {
      await get();
      if (server.asked.length > seen) times.push(at);
      seen = server.asked.length;
      clock.advance(0.5);
    }
    const pauses = times.slice(1).map((at, index) => at - (times[index] as number));
    expect(pauses).toEqual([0.5, 1, 2, 4, 8, 16, 30, 30]);
  });

  it('asks by one first when the pause is over, and lets the others follow', async () => {
    const { clock, get, server } = setUp();
    server.failure = fail('unavailable');
    await get();
    clock.advance(60);
    server.failure = undefined;
    const { open, opened } = gate();
    server.answers = opened;
    const waiting = Promise.all([1, 2, 3, 4].map((id) => get(forUser(id))));
    await soon();
    expect(server.asked).toHaveLength(2);
    open();
    expect(new Set(await waiting).size).toBe(4);
    expect(server.asked).toHaveLength(5);
  });

  it('asks for no more than sixteen tokens at a time', async () => {
    const { get, server } = setUp();
    const { open, opened } = gate();
    server.answers = opened;
    const waiting = Promise.all(Array.from({ length: 100 }, (_, id) => get(forUser(id))));
    await soon();
    expect(server.asked).toHaveLength(16);
    open();
    expect(new Set(await waiting).size).toBe(100);
  });

  it('gives up those who waited too long for their turn', async () => {
    const { clock, get, server } = setUp();
    const { open, opened } = gate();
    server.answers = opened;
    const waiting = Promise.all(Array.from({ length: 20 }, (_, id) => get(forUser(id))));
    await soon();
    clock.advance(4);
    open();
    expect((await waiting).filter((answer) => answer === 'unavailable')).toHaveLength(4);
    expect(server.asked).toHaveLength(16);
  });

  it('stops those who wait as soon as the server fails', async () => {
    const { get, server } = setUp();
    const { open, opened } = gate();
    server.answers = opened;
    const waiting = Promise.all(Array.from({ length: 500 }, (_, id) => get(forUser(id))));
    await soon();
    server.failure = fail('unavailable');
    open();
    expect(new Set(await waiting)).toEqual(new Set(['unavailable']));
    expect(server.asked).toHaveLength(16);
  });

  it('lets a refusal of one token keep nobody else waiting', async () => {
    const { clock, get, server } = setUp();
    server.failure = fail('refused', { error: 'invalid_scope' });
    expect([await get(forUser(1)), await get(forUser(1))]).toEqual(['refused', 'refused']);
    expect(server.asked).toHaveLength(1);
    server.failure = undefined;
    expect(await get(forUser(2))).toBe('2');
    clock.advance(1);
    expect(await get(forUser(1))).toBe('3');
  });

  it.each([
    ['a client that is refused', fail('refused', { error: 'invalid_client' })],
    ['an answer that is no token', fail('invalid_response')],
  ])('takes %s for a failure of all', async (_name, failure) => {
    const { get, server } = setUp();
    server.failure = failure;
    await get(forUser(1));
    server.failure = undefined;
    expect(await get(forUser(2))).toBe('unavailable');
    expect(server.asked).toHaveLength(1);
  });

  it('says why the server is left alone, and for how long', async () => {
    const { cache, get, server } = setUp();
    server.failure = fail('unavailable', { retryAfter: 7 });
    await get();
    await expect(cache.token(forUser(1))).rejects.toMatchObject({
      reason: 'unavailable',
      retryAfter: 7,
      cause: server.failure,
    });
  });

  it('passes an error of our own on, and blames nobody', async () => {
    const { get, server } = setUp();
    server.failure = new TypeError('scopes must be scope-tokens');
    expect(await get()).toBe('TypeError: scopes must be scope-tokens');
    server.failure = undefined;
    expect(await get()).toBe('2');
  });

  it('renews a token that was refused, once, for however many found that out', async () => {
    const { get, server } = setUp();
    await get();
    const again = { ...request, refused: '1' };
    expect(await Promise.all([get(again), get(again), get(again)])).toEqual(['2', '2', '2']);
    expect(await get(again)).toBe('2');
    expect(server.asked).toHaveLength(2);
  });

  it('does not renew for ever what is refused for ever', async () => {
    const { clock, get, server } = setUp();
    await get();
    expect(await get({ ...request, refused: '1' })).toBe('2');
    expect(await get({ ...request, refused: '2' })).toBe('2');
    clock.advance(10);
    expect(await get({ ...request, refused: '2' })).toBe('3');
    expect(server.asked).toHaveLength(3);
  });

  it('keeps no more tokens than it may', async () => {
    const { get, server } = setUp({ maxTokens: 10 });
    for (let id = 0; id < 100; id++) await get(forUser(id));
    for (let id = 0; id < 100; id++) await get(forUser(id));
    expect(server.asked).toHaveLength(200);
    expect(await get(forUser(99))).toBe('200');
  });

  it('asks for no more tokens at a time than it may', async () => {
    const { get, server } = setUp({ maxTokens: 10 });
    const { open, opened } = gate();
    server.answers = opened;
    const waiting = Promise.all(Array.from({ length: 15 }, (_, id) => get(forUser(id))));
    open();
    expect((await waiting).filter((answer) => answer === 'unavailable')).toHaveLength(5);
  });

  it.each([0, 1, 1.5, 1_000_001, Number.NaN])('refuses to keep %p tokens', (maxTokens) => {
    expect(() => setUp({ maxTokens })).toThrow('maxTokens must');
  });

  it('spreads two hundred clients that started together: at most twice the mean', async () => {
    const clock = aClock();
    const perBucket = new Map<number, number>();
    const bucket = 30;
    const random = aChance(42);
    const clients = Array.from({ length: 200 }, (_, index) => {
      const acquire = async (): Promise<Acquired> => {
        const at = Math.floor(clock.monotonic() / 1000 / bucket);
        perBucket.set(at, (perBucket.get(at) ?? 0) + 1);
        const expiresAt = clock.now() + 300;
        return { token: { token: 'x', carrier: 'Bearer', expiresAt }, lifetime: 300 };
      };
      const subjectKey = ({ uri }: { readonly uri: string }) => uri;
      const acquisition = { server: 's', client: `${index}`, acquire, subjectKey };
      return new TokenCache(acquisition, { clock, random });
    });
    await Promise.all(clients.map((client) => client.token(request)));
    perBucket.clear();
    for (let at = 0; at < 3000; at += 5) {
      clock.advance(5);
      for (const client of clients) void client.token(request);
      await soon();
    }
    const counts = Array.from({ length: 3000 / bucket - 5 }, (_, at) => perBucket.get(at + 5) ?? 0);
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    expect(mean).toBeGreaterThan(20);
    expect(Math.max(...counts) / mean).toBeLessThanOrEqual(2);
  });
});
