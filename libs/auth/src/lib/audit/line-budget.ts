import type { Clock } from '@countersign/token';

/** What {@link LineBudget.spend} answers. @internal */
export interface Spending {
  /** Whether this line may be written. */
  readonly isGranted: boolean;
  /** Lines that were not written since the last one that was. */
  readonly suppressed: number;
}

/**
 * How many lines may be written: a burst, and then so many in each second. Whoever sends bad tokens
 * decides how often something is refused; he must not decide how much of the log is his.
 * @internal
 */
export class LineBudget {
  #left: number;
  #refilledAt: number;
  #suppressed = 0;

  constructor(
    private readonly clock: Clock,
    private readonly burst: number,
    private readonly perSecond: number,
  ) {
    this.#left = burst;
    this.#refilledAt = clock.monotonic();
  }

  /** Takes one line of the budget, if one is left. */
  spend(): Spending {
    const now = this.clock.monotonic();
    const earned = ((now - this.#refilledAt) / 1000) * this.perSecond;
    this.#left = Math.min(this.burst, this.#left + Math.max(0, earned));
    this.#refilledAt = now;
    if (this.#left < 1) {
      this.#suppressed += 1;
      return { isGranted: false, suppressed: this.#suppressed };
    }
    this.#left -= 1;
    const suppressed = this.#suppressed;
    this.#suppressed = 0;
    return { isGranted: true, suppressed };
  }
}
