import { aServicePeer, clockAt, herald, now, verified } from '../../../test/builders.js';
import { AccessError } from '../errors.js';
import type { Clock } from '../types.js';
import { useOnce } from '../verify/use-once.js';
import { memoryReplay } from './memory-replay.js';
import { replayKey } from './replay-key.js';
import type { ReplayStore } from './replay-store.js';

/** A wall clock and a monotonic one that a test moves apart. */
function twoClocks(): Clock & { wall: number; elapsed: number } {
  const clocks = { wall: now, elapsed: 0, now: () => clocks.wall, monotonic: () => clocks.elapsed };
  return clocks;
}

const codeOf = async (run: () => unknown): Promise<unknown> => {
  try {
    await run();
  } catch (error) {
    return error instanceof AccessError ? error.code : error;
  }
  return 'accepted';
};

describe('memoryReplay', () => {
  it('lets a token pass once', () => {
    const store = memoryReplay({ clock: clockAt() });
    expect([1, 2, 3].map(() => store.use(herald, 'a', now + 60))).toEqual([true, false, false]);
  });

  it('keeps issuers apart, also where their names could run into the jti', () => {
    const store = memoryReplay({ clock: clockAt() });
    expect(store.use('a', 'b c', now + 60)).toBe(true);
    expect(store.use('a b', 'c', now + 60)).toBe(true);
    expect(store.use('a b ', 'c', now + 60)).toBe(true);
    expect(replayKey('1', '2 x').equals(replayKey('12', ' x'))).toBe(false);
  });

  it.each([
    // Late enough for a sweep, which would find it over by the wall clock.
    ['the wall clock jumps an hour ahead', 3600, 2000],
    ['only the monotonic clock has passed the end', 0, 3_600_000],
    ['the wall clock jumps an hour back', -3600, 3_600_000],
  ])('remembers when %s', (_name, wall, elapsed) => {
    const clock = twoClocks();
    const store = memoryReplay({ clock });
    store.use(herald, 'a', now + 60);
    clock.wall += wall;
    clock.elapsed += elapsed;
    expect(store.use(herald, 'a', now + 60)).toBe(false);
  });

  it('refuses when it is full of tokens that hold, and never forgets one of them', () => {
    const clock = twoClocks();
    const store = memoryReplay({ max: 2, clock });
    store.use(herald, 'a', now + 60);
    store.use(herald, 'b', now + 120);
    expect(() => store.use(herald, 'c', now + 60)).toThrow(
      expect.objectContaining({ code: 'REPLAY_STORE_UNAVAILABLE', status: 503, retryAfter: 5 }),
    );
    expect(store.use(herald, 'a', now + 60)).toBe(false);

    clock.wall += 61;
    clock.elapsed += 61_000;
    expect(store.use(herald, 'c', now + 120)).toBe(true);
    expect(store.use(herald, 'b', now + 120)).toBe(false);
  });

  it.each([0, -1, 1.5, NaN, '5'])('refuses max %p', (max) => {
    expect(() => memoryReplay({ max: max as number })).toThrow(TypeError);
  });
});

describe('useOnce', () => {
  const token = verified(aServicePeer(), { jti: 'one' });

  it('uses a token up, and remembers it for as long as it may be accepted', async () => {
    const uses: unknown[] = [];
    const store: ReplayStore = { use: (...use) => uses.push(use) === 1 };
    expect(await codeOf(() => useOnce(token, store, 10))).toBe('accepted');
    expect(await codeOf(() => useOnce(token, store, 10))).toBe('TOKEN_REPLAYED');
    expect(uses[0]).toEqual([herald, 'one', token.expiresAt + 10]);
  });

  it.each([undefined, '', 7])('refuses the jti %p, and asks nobody', async (jti) => {
    const store: ReplayStore = {
      use: () => {
        throw new Error('asked');
      },
    };
    const without = verified(aServicePeer(), { jti });
    expect(await codeOf(() => useOnce(without, store, 10))).toBe('CLAIM_INVALID');
  });

  it.each<[string, () => boolean | Promise<boolean>, string]>([
    ['throws', () => throwDown(), 'REPLAY_STORE_UNAVAILABLE'],
    ['rejects', () => Promise.reject(new Error('down')), 'REPLAY_STORE_UNAVAILABLE'],
    ['answers nonsense', () => 'yes' as never, 'TOKEN_REPLAYED'],
    ['answers nothing', () => undefined as never, 'TOKEN_REPLAYED'],
  ])('lets nobody in when the store %s', async (_name, use, code) => {
    expect(await codeOf(() => useOnce(token, { use }, 10))).toBe(code);
  });
});

function throwDown(): never {
  throw new Error('down');
}
