import { checkOption } from '../check-option.js';
import { systemClock } from '../clock.js';
import { AccessError } from '../errors.js';
import type { Clock } from '../types.js';
import { replayKey } from './replay-key.js';
import type { ReplayStore } from './replay-store.js';

/** How much {@link memoryReplay} remembers. @publicApi */
export interface MemoryReplayOptions {
  /** Most tokens remembered at a time; 100,000 unless told. */
  readonly max?: number;
  readonly clock?: Clock;
}

/** A token that was used. */
interface Use {
  /** Wall clock, seconds. */
  readonly expiresAt: number;
  /** Monotonic clock, milliseconds. */
  readonly forgetAt: number;
}

const sweepEvery = 1000;

/**
 * A replay store of this one process.
 *
 * Forgets only what has expired by the wall clock and by the monotonic one, so that no jump of the
 * clock, in either direction, opens a token again. When it is full of tokens that still hold it
 * throws REPLAY_STORE_UNAVAILABLE: refusing is safe, forgetting is not. Refuses with a TypeError a
 * `max` that is no whole number from 1 on.
 * @publicApi
 */
export function memoryReplay(options: MemoryReplayOptions = {}): ReplayStore {
  const { max = 100_000, clock = systemClock } = options;
  checkOption(Number.isSafeInteger(max) && max >= 1, 'max', 'be a whole number from 1 on');
  const uses = new Map<string, Use>();
  let nextSweep = -Infinity;

  const isOver = ({ expiresAt, forgetAt }: Use): boolean =>
    clock.now() >= expiresAt && clock.monotonic() >= forgetAt;

  // At most once per second: a full store must not cost each request a walk through it.
  const sweep = (): void => {
    if (clock.monotonic() < nextSweep) return;
    nextSweep = clock.monotonic() + sweepEvery;
    for (const [key, use] of uses) if (isOver(use)) uses.delete(key);
  };

  const use = (issuer: string, jti: string, expiresAt: number): boolean => {
    sweep();
    const key = replayKey(issuer, jti).toString('base64url');
    if (uses.has(key)) return false;
    if (uses.size >= max) throw full(max);
    const forgetAt = clock.monotonic() + Math.max(0, expiresAt - clock.now()) * 1000;
    uses.set(key, { expiresAt, forgetAt });
    return true;
  };
  const check = async (): Promise<void> => {
    sweep();
    if (uses.size >= max) throw full(max);
  };
  return Object.freeze({ use, check });
}

function full(max: number): AccessError {
  return new AccessError('REPLAY_STORE_UNAVAILABLE', {
    retryAfter: 5,
    detail: {
      check: 'replay',
      expected: `room for one more of ${max} tokens`,
      fix: 'share a database between replicas, or raise max',
    },
  });
}
