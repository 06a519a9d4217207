import { toSeconds } from '@countersign/token';
import type { Clock, Duration } from '@countersign/token';

/** A clock that stands still until told otherwise. @publicApi */
export interface TestClock extends Clock {
  /** Lets time pass, on both clocks. */
  advance(duration: Duration): void;
  /** Sets the wall clock alone, as an administrator or NTP would; seconds since the epoch. */
  jumpTo(now: number): void;
}

/**
 * Makes a clock for tests; it starts at whole seconds, in 2027 unless told.
 *
 * @example
 * const clock = testClock();
 * clock.advance('2m');
 * @publicApi
 */
export function testClock(start = 1_800_000_000): TestClock {
  let now = start;
  let monotonic = 0;
  return {
    now: () => now,
    monotonic: () => monotonic,
    advance: (duration) => {
      now += toSeconds(duration);
      monotonic += toSeconds(duration) * 1000;
    },
    jumpTo: (to) => {
      now = to;
    },
  };
}
