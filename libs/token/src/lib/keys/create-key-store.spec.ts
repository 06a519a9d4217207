import { generateKeyPairSync } from 'node:crypto';

import fc from 'fast-check';

import type { AccessError } from '../errors.js';
import type { Json, KeyQuery } from '../types.js';
import { createKeyStore } from './create-key-store.js';
import type { KeyStoreEvent, KeyStoreOptions } from './create-key-store.js';
import { KeySourceError } from './key-source.js';
import type { KeySetDocument } from './key-source.js';

const jwk = (kid: string) => ({
  ...(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
    format: 'jwk',
  }) as Record<string, Json>),
  kid,
});
const [a, b] = [jwk('a'), jwk('b')];

/** A store over a source whose answers the test decides, at times the test decides. */
function stage(options: KeyStoreOptions & { uses?: readonly string[] } = {}) {
  const time = { now: 1_800_000_000, monotonic: 0 };
  const source = {
    reads: 0,
    answer: async (): Promise<KeySetDocument> => ({ keys: [a], maxAge: 300 }),
  };
  const events: KeyStoreEvent[] = [];
  const store = createKeyStore(
    {
      location: 'memory',
      read: () => {
        source.reads += 1;
        return source.answer();
      },
    },
    {
      algorithms: ['ES256'],
      clock: { now: () => time.now, monotonic: () => time.monotonic },
      onEvent: (event) => events.push(event),
      ...options,
    },
  );
  const query = (kid: string | undefined, issuedAt = time.now): KeyQuery => ({
    kid,
    algorithm: 'ES256',
    issuedAt,
  });
  return {
    store,
    source,
    events,
    time,
    query,
    publish: (...keys: Json[]) => {
      source.answer = async () => ({ keys, maxAge: 300 });
    },
    fail: (message = 'out of order') => {
      source.answer = () => Promise.reject(new KeySourceError(message));
    },
    pass: (seconds: number) => {
      time.now += seconds;
      time.monotonic += seconds * 1000;
    },
    /** What became of a query: the kid, or the code. */
    outcome: async (kid: string | undefined, issuedAt?: number): Promise<string | undefined> => {
      try {
        return (await store.find(query(kid, issuedAt))).kid;
      } catch (error) {
        return (error as AccessError).code;
      }
    },
    refusal: async (kid: string): Promise<AccessError> => {
      try {
        await store.find(query(kid));
      } catch (error) {
        return error as AccessError;
      }
      throw new Error('found');
    },
  };
}

describe('createKeyStore', () => {
  it('asks for nothing before a key is needed', () => {
    const { source, store } = stage();
    expect(source.reads).toBe(0);
    expect(store.status()).toEqual({
      location: 'memory',
      state: 'empty',
      age: undefined,
      kids: [],
      dropped: [],
      failures: 0,
      lastError: undefined,
    });
  });

  it('answers at once for a known kid in a fresh set', async () => {
    const { store, source, query, pass } = stage();
    await store.load();
    pass(299);
    expect(store.find(query('a'))).toMatchObject({ kid: 'a', algorithm: 'ES256' });
    expect(source.reads).toBe(1);
    expect(store.status()).toMatchObject({ state: 'fresh', age: 299, kids: ['a'] });
  });

  it('reads keys for another use than signatures only where told to', async () => {
    for (const [uses, outcome] of [
      [undefined, 'KEYS_UNAVAILABLE'] as const,
      [['jwt-svid'], 'a'] as const,
    ]) {
      const staged = stage(uses && { uses });
      staged.publish({ ...a, use: 'jwt-svid' });
      expect(await staged.outcome('a')).toBe(outcome);
    }
  });

  it('loads once: a fresh set is not read again', async () => {
    const { store, source } = stage();
    await Promise.all([store.load(), store.load()]);
    await store.load();
    expect(source.reads).toBe(1);
  });

  it('refuses a kid with another algorithm than its key, at once or after asking', async () => {
    const { store, query } = stage();
    const forbidden = { code: 'ALGORITHM_FORBIDDEN' };
    const find = async () => store.find({ ...query('a'), algorithm: 'RS256' });
    await expect(find()).rejects.toMatchObject(forbidden);
    expect(() => store.find({ ...query('a'), algorithm: 'RS256' })).toThrow(
      expect.objectContaining(forbidden),
    );
  });

  it('refuses a token without kid and asks nobody', async () => {
    const { outcome, source } = stage();
    expect(await outcome(undefined)).toBe('KEY_UNKNOWN');
    expect(source.reads).toBe(0);
  });

  it('answers KEY_UNKNOWN for a token without kid in the presence of a set', async () => {
    const { store, outcome } = stage();
    await store.load();
    expect(await outcome(undefined)).toBe('KEY_UNKNOWN');
  });

  describe('when the set expires', () => {
    it('reads it again, once for all who wait', async () => {
      const { store, source, outcome, pass, publish } = stage();
      await store.load();
      publish(b);
      pass(300);
      const outcomes = await Promise.all(['b', 'b', 'a', 'b'].map((kid) => outcome(kid)));
      expect(outcomes).toEqual(['b', 'b', 'KEY_UNKNOWN', 'b']);
      expect(source.reads).toBe(2);
    });

    it('serves the old set while it cannot be read, waiting for one attempt only', async () => {
      const { store, source, outcome, query, pass, fail } = stage();
      await store.load();
      fail();
      pass(300);
      expect(await outcome('a')).toBe('a');
      expect(store.find(query('a'))).toMatchObject({ kid: 'a' });
      expect(source.reads).toBe(2);
      expect(store.status()).toMatchObject({
        state: 'stale',
        failures: 1,
        lastError: 'out of order',
      });
    });

    it('tries again beside the answers, later and later up to the cool-down', async () => {
      const { store, source, time, query, pass, fail } = stage({ coolDown: 4 });
      await store.load();
      fail();
      pass(300);
      await store.find(query('a'));
      const attempts: number[] = [];
      const start = time.monotonic;
      for (let tick = 0; tick < 160; tick += 1) {
        pass(0.1);
        const before = source.reads;
        expect(store.find(query('a'))).toMatchObject({ kid: 'a' });
        if (source.reads > before) attempts.push(Math.round((time.monotonic - start) / 100) / 10);
        await Promise.resolve().then(() => undefined);
        await new Promise(setImmediate);
      }
      expect(attempts).toEqual([1, 3, 7, 11, 15]);
    });

    it('takes a new set as soon as it can be read again', async () => {
      const { store, query, outcome, pass, fail, publish } = stage();
      await store.load();
      fail();
      pass(300);
      await outcome('a');
      publish(b);
      pass(1);
      expect(store.find(query('a'))).toMatchObject({ kid: 'a' });
      await store.load();
      expect(await outcome('b')).toBe('b');
      expect(store.status()).toMatchObject({ state: 'fresh', failures: 0, lastError: undefined });
    });

    it('serves no set that is older than staleFor', async () => {
      const { store, outcome, pass, fail } = stage({ staleFor: '1h' });
      await store.load();
      fail();
      pass(3599);
      expect(await outcome('a')).toBe('a');
      pass(1);
      expect(await outcome('a')).toBe('KEYS_UNAVAILABLE');
      expect(store.status()).toMatchObject({ state: 'empty', kids: [], age: undefined });
    });

    it('keeps a set as long as it is fresh, whatever staleFor says', async () => {
      const { store, query, pass } = stage({ staleFor: 0 });
      await store.load();
      pass(299);
      expect(store.find(query('a'))).toMatchObject({ kid: 'a' });
    });

    it('measures by the monotonic clock: a wall clock that jumps changes nothing', async () => {
      const { store, source, time, query } = stage();
      await store.load();
      time.now += 1e9;
      expect(store.find(query('a'))).toMatchObject({ kid: 'a' });
      time.now -= 2e9;
      expect(store.find(query('a'))).toMatchObject({ kid: 'a' });
      expect(source.reads).toBe(1);
    });
  });

  describe('without any set', () => {
    it('says that nobody could decide, and why, and when to ask again', async () => {
      const { refusal, store, fail } = stage();
      fail('out of order');
      expect(await refusal('a')).toMatchObject({
        code: 'KEYS_UNAVAILABLE',
        status: 503,
        retryAfter: 1,
        detail: { check: 'key.source', issuer: 'memory', got: 'a' },
        cause: { message: 'out of order' },
      });
      await expect(store.load()).rejects.toMatchObject({
        code: 'KEYS_UNAVAILABLE',
        detail: { got: null },
      });
    });

    it('asks again after 1, 2, 4 and then every 5 seconds', async () => {
      const { source, outcome, pass, fail, time } = stage();
      fail();
      const attempts: number[] = [];
      for (let tick = 0; tick <= 200; tick += 1) {
        const before = source.reads;
        expect(await outcome('a')).toBe('KEYS_UNAVAILABLE');
        if (source.reads > before) attempts.push(Math.round(time.monotonic / 100) / 10);
        pass(0.1);
      }
      expect(attempts).toEqual([0, 1, 3, 7, 12, 17]);
    });

    it('asks once for 500 who wait', async () => {
      const { source, outcome } = stage();
      const kids = await Promise.all(Array.from({ length: 500 }, () => outcome('a')));
      expect(new Set(kids)).toEqual(new Set(['a']));
      expect(source.reads).toBe(1);
    });

    it('survives a source that throws instead of rejecting', async () => {
      const { source, outcome, store } = stage();
      source.answer = () => {
        throw 'no error at all';
      };
      expect(await outcome('a')).toBe('KEYS_UNAVAILABLE');
      expect(store.status().lastError).toBe('no error at all');
    });
  });

  describe('for an unknown kid', () => {
    it('finds a key published since the last reading', async () => {
      const { store, outcome, publish } = stage();
      await store.load();
      publish(a, b);
      expect(await outcome('b')).toBe('b');
    });

    it('asks at most once per cool-down', async () => {
      const { store, source, outcome, pass } = stage();
      await store.load();
      for (let second = 0; second < 90; second += 1) {
        expect(await outcome(`made-up-${second}`, 1_800_000_000)).toBe('KEY_UNKNOWN');
        pass(1);
      }
      expect(source.reads).toBe(1 + 3);
    });

    it('counts the reading of a cold start', async () => {
      const { source, outcome } = stage();
      expect(await outcome('x')).toBe('KEY_UNKNOWN');
      expect(await outcome('y')).toBe('KEY_UNKNOWN');
      expect(source.reads).toBe(1);
    });

    it('cannot decide about a token issued after the last reading', async () => {
      const { refusal, outcome, pass, publish } = stage();
      await outcome('x');
      publish(a, b);
      pass(10);
      expect(await refusal('b')).toMatchObject({ code: 'KEYS_UNAVAILABLE', retryAfter: 20 });
      pass(20);
      expect(await outcome('b')).toBe('b');
    });

    it('is kept from a new key by made-up kids for one cool-down at most, and then undecided', async () => {
      for (let published = 0; published < 30; published += 1) {
        const { store, refusal, outcome, pass, publish, source } = stage();
        await store.load();
        pass(60);
        // The cheapest starving: one made-up kid as soon as a cool-down ends.
        await outcome('made-up');
        pass(published);
        publish(a, b);
        for (let left = 30 - published; left > 0; left -= 1) {
          const expected = { code: 'KEYS_UNAVAILABLE', retryAfter: left };
          if (published > 0) expect(await refusal('b')).toMatchObject(expected);
          expect(await outcome('a')).toBe('a');
          pass(1);
        }
        // Whoever comes first brings the new key for everybody.
        await outcome('made-up');
        expect(await outcome('b')).toBe('b');
        expect(source.reads).toBe(3);
      }
    });

    it('compares the time of asking, not of the answer', async () => {
      const { source, outcome, pass, time } = stage();
      source.answer = async () => {
        pass(2);
        return { keys: [a], maxAge: 300 };
      };
      expect(await outcome('b', time.now + 1)).toBe('KEYS_UNAVAILABLE');
    });

    it('does not know it better when asking failed', async () => {
      const { store, outcome, refusal, pass, fail } = stage();
      await store.load();
      fail();
      expect(await outcome('b')).toBe('KEY_UNKNOWN');
      pass(31);
      expect(await refusal('b')).toMatchObject({ code: 'KEYS_UNAVAILABLE', retryAfter: 30 });
      expect(await outcome('a')).toBe('a');
    });

    it('asks no more often of a stale set than its back-off allows', async () => {
      const { store, source, outcome, pass, fail } = stage();
      await store.load();
      fail();
      pass(300);
      await outcome('x');
      await Promise.all(Array.from({ length: 100 }, (_, index) => outcome(`x-${index}`)));
      expect(source.reads).toBe(2);
    });

    it('never asks more often than once per cool-down, whatever the sequence', async () => {
      const step = fc.oneof(
        fc.record({ pass: fc.integer({ min: 1, max: 40 }) }),
        fc.record({ kid: fc.string({ minLength: 1 }) }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          const { store, source, outcome, pass, time } = stage();
          source.answer = async () => ({ keys: [a], maxAge: 1e6 });
          await store.load();
          const asked: number[] = [];
          for (const next of steps) {
            const before = source.reads;
            if ('pass' in next) pass(next.pass);
            else await outcome(`made-up-${next.kid}`);
            if (source.reads > before) asked.push(time.monotonic);
          }
          asked.forEach((at, index) => {
            expect(at - (asked[index - 1] ?? -Infinity)).toBeGreaterThanOrEqual(30_000);
          });
        }),
        { numRuns: 50 },
      );
    });
  });

  describe('when the set is replaced', () => {
    it('keeps the old one if the new one is empty or holds no usable key', async () => {
      const { store, outcome, pass, publish } = stage();
      await store.load();
      publish();
      pass(300);
      expect(await outcome('a')).toBe('a');
      expect(store.status().lastError).toBe('memory holds no usable key (it is empty)');
      publish({ ...b, use: 'enc' }, { ...a, d: 'AQ' });
      pass(30);
      await store.load();
      expect(store.status()).toMatchObject({
        state: 'stale',
        kids: ['a'],
        dropped: [
          { kid: 'b', fault: 'use_not_sig' },
          { kid: 'a', fault: 'private_key' },
        ],
        lastError: 'memory holds no usable key (use_not_sig, private_key)',
      });
    });

    it('forgets the keys that are no longer published', async () => {
      const { store, outcome, pass, publish } = stage();
      await store.load();
      publish(b);
      pass(300);
      expect(await outcome('a')).toBe('KEY_UNKNOWN');
    });

    it('keeps the very keys of a document that has not changed', async () => {
      const { store, source, events, query, pass } = stage();
      const document = { keys: [a], maxAge: 300 };
      source.answer = async () => document;
      await store.load();
      const key = store.find(query('a'));
      pass(300);
      await store.load();
      expect(store.find(query('a'))).toBe(key);
      expect(events).toMatchObject([
        { kind: 'replaced' },
        { kind: 'confirmed', location: 'memory' },
      ]);
    });

    it('tells of every reading', async () => {
      const { store, events, pass, publish, fail } = stage();
      await store.load();
      fail();
      pass(300);
      await store.load();
      publish(b, null);
      pass(1);
      await store.load();
      expect(events).toEqual([
        { kind: 'replaced', location: 'memory', kids: ['a'], dropped: [] },
        {
          kind: 'failed',
          location: 'memory',
          error: new KeySourceError('out of order'),
          failures: 1,
        },
        {
          kind: 'replaced',
          location: 'memory',
          kids: ['b'],
          dropped: [{ kid: undefined, fault: 'not_a_jwk' }],
        },
      ]);
    });

    it('is not disturbed by a listener that throws', async () => {
      const { store, outcome, fail, pass } = stage({
        onEvent: () => {
          throw new Error('listener out of order');
        },
      });
      expect(await outcome('a')).toBe('a');
      fail();
      pass(300);
      expect(await outcome('a')).toBe('a');
      expect(store.status().failures).toBe(1);
    });
  });

  it('refuses intervals that are none, and names the option', () => {
    expect(() => stage({ coolDown: '30' })).toThrow(/^keys\.coolDown must be/);
    expect(() => stage({ staleFor: -1 })).toThrow(/^keys\.staleFor must be/);
  });

  it('works with defaults alone', async () => {
    const read = async () => ({ keys: [a], maxAge: 300 });
    const store = createKeyStore({ location: 'memory', read }, { algorithms: ['ES256'] });
    expect(await store.find({ kid: 'a', algorithm: 'ES256', issuedAt: 0 })).toMatchObject({
      kid: 'a',
    });
  });
});
