import type { Clock } from '@countersign/token';

/** How many are let through, and how much is remembered. */
export interface RateLimitOptions {
  /** Let through in a minute, also all at once; 0 lets everything through. */
  readonly perMinute: number;
  /** Keys remembered at most; the one that was quiet for longest is forgotten first. */
  readonly maxEntries: number;
  readonly clock: Clock;
}

const minute = 60_000;

/**
 * Counts events by key and says which of them are too many: a bucket of one minute's worth per key
 * that fills again evenly. One number is kept per key, for `maxEntries` keys at most, and nothing of
 * a key whose bucket is full again.
 */
export class RateLimit {
  /** By key, in the order of their last event: when the bucket will be full, monotonic clock. */
  private readonly fullAt = new Map<string, number>();
  private readonly interval: number;
  private readonly maxEntries: number;
  private readonly clock: Clock;

  constructor({ perMinute, maxEntries, clock }: RateLimitOptions) {
    this.interval = perMinute > 0 ? minute / perMinute : 0;
    this.maxEntries = maxEntries;
    this.clock = clock;
  }

  /** Counts one event: 0 if it is let through, otherwise the seconds to wait; then nothing counts. */
  take(key: string): number {
    if (this.interval === 0) return 0;
    const now = this.clock.monotonic();
    const fullAt = Math.max(this.fullAt.get(key) ?? now, now);
    const wait = this.waitUntil(fullAt, now);
    if (wait > 0) return wait;
    this.remember(key, fullAt + this.interval, now);
    return 0;
  }

  /** Seconds until `take` would let one through; counts nothing. */
  wait(key: string): number {
    const fullAt = this.fullAt.get(key);
    return fullAt === undefined ? 0 : this.waitUntil(fullAt, this.clock.monotonic());
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.fullAt.size;
  }

  private waitUntil(fullAt: number, now: number): number {
    // Half an interval of grace: sums of fractions must not cost the last one of a minute.
    const excess = fullAt - now - minute + this.interval / 2;
    return excess > 0 ? Math.max(1, Math.ceil(excess / 1000)) : 0;
  }

  private remember(key: string, fullAt: number, now: number): void {
    // Deleted first, so that the order of the map is the order of last events.
    if (!this.fullAt.delete(key)) this.makeRoom(now);
    this.fullAt.set(key, fullAt);
  }

  /** Forgets the quiet, two at a time: more than comes in, and never a long pause. */
  private makeRoom(now: number): void {
    let looked = 0;
    for (const [key, fullAt] of this.fullAt) {
      const isNeeded = fullAt > now && this.fullAt.size < this.maxEntries;
      if (isNeeded || looked === 2) return;
      this.fullAt.delete(key);
      looked += 1;
    }
  }
}
