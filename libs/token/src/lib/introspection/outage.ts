import type { Clock } from '../types.js';

const firstPause = 1000;
const longestPause = 30_000;

/**
 * When a server that failed is asked again. One failure may be the fault of one token, so it stops
 * nobody; from the second in a row on there are pauses, which grow, and one question at a time
 * between them.
 * @internal
 */
export class Outage {
  #failures = 0;
  #nextAttempt = -Infinity;

  constructor(private readonly clock: Clock) {}

  /** Milliseconds until the server may be asked; 0 for now. */
  wait(underWay: number): number {
    const pause = this.#nextAttempt - this.clock.monotonic();
    if (pause > 0) return pause;
    return this.#failures >= 2 && underWay > 0 ? firstPause : 0;
  }

  answered(): void {
    this.#failures = 0;
    this.#nextAttempt = -Infinity;
  }

  /** @param asked Seconds that the server itself asked to wait. */
  failed(asked = 0): void {
    this.#failures += 1;
    const grown = this.#failures < 2 ? 0 : firstPause * 2 ** (this.#failures - 2);
    const pause = Math.min(Math.max(grown, asked * 1000), longestPause);
    this.#nextAttempt = this.clock.monotonic() + pause;
  }
}
