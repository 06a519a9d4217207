import type { Clock } from '../types.js';

const shortest = 500;
const longest = 30_000;
const longestAsked = 300_000;

/**
 * How long a server that failed is left alone: half a second, twice as long after each failure up to
 * 30 s, a part of it by chance so that replicas do not come back together; longer where the server
 * asks for it, up to 5 minutes.
 * @internal
 */
export class Backoff {
  #failures = 0;
  #until = -Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {}

  /** Whether the last attempt failed. */
  get hasFailed(): boolean {
    return this.#failures > 0;
  }

  /** Milliseconds for which nothing should be asked. */
  get pause(): number {
    return Math.max(this.#until - this.clock.monotonic(), 0);
  }

  fail(retryAfter = 0): void {
    const full = Math.min(shortest * 2 ** this.#failures, longest);
    const pause = Math.max(
      full * (0.5 + this.random() / 2),
      Math.min(retryAfter * 1000, longestAsked),
    );
    this.#failures += 1;
    this.#until = this.clock.monotonic() + pause;
  }

  succeed(): void {
    this.#failures = 0;
    this.#until = -Infinity;
  }
}
