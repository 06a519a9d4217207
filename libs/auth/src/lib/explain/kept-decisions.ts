/**
 * What a service remembers of its decisions, for whoever may ask why. In memory, of this process
 * alone; must not know requests.
 */
import { checkOption, refuseUnknownOptions, type DecisionRecord } from '@countersign/token';

import { timeOfDecision } from '../audit/decision-id.js';
import { DecisionRing, type RingBounds, type RingStatus } from './decision-ring.js';

/** Whether a decision is kept, and if it is not, whether it can have been. @internal */
export type Finding =
  | { readonly is: 'kept'; readonly record: DecisionRecord }
  | { readonly is: 'forgotten'; readonly since: string }
  | { readonly is: 'unknown' };

/**
 * The latest decisions of a service. Those about callers whose token held are kept apart from those
 * about strangers, each in half of the bounds: who has no token cannot wash out what others ask for.
 * @internal
 */
export class KeptDecisions {
  readonly #known: DecisionRing;
  readonly #strangers: DecisionRing;

  constructor(bounds: RingBounds, now: number) {
    const { max = 1_000, maxBytes = 4_194_304 } = bounds;
    refuseUnknownOptions(bounds, { max: true, maxBytes: true });
    checkWithin('keep.max', max, 2, 100_000);
    checkWithin('keep.maxBytes', maxBytes, 65_536, 268_435_456);
    const half = { max: Math.floor(max / 2), maxBytes: Math.floor(maxBytes / 2) };
    this.#known = new DecisionRing(half, instant(now));
    this.#strangers = new DecisionRing(half, instant(now));
  }

  add(record: DecisionRecord): void {
    (record.caller === undefined ? this.#strangers : this.#known).add(record);
  }

  /** Looks a decision up: `forgotten` if its id is from before what is kept. */
  find(decision: string): Finding {
    const record = this.#known.find(decision) ?? this.#strangers.find(decision);
    if (record !== undefined) return { is: 'kept', record };
    const made = timeOfDecision(decision);
    const since = [this.#known, this.#strangers].map((ring) => ring.status.since).sort()[1] ?? '';
    // Ids tell the second: one of the second in which the last was dropped may have gone, too.
    const isEarlier = made !== undefined && made <= Math.floor(Date.parse(since) / 1000);
    return isEarlier ? { is: 'forgotten', since } : { is: 'unknown' };
  }

  /** At most so many, the latest first. */
  latest(most: number): readonly DecisionRecord[] {
    return [...this.#known.latest(most), ...this.#strangers.latest(most)]
      .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))
      .slice(0, most);
  }

  get status(): { readonly known: RingStatus; readonly strangers: RingStatus } {
    return { known: this.#known.status, strangers: this.#strangers.status };
  }
}

/** Seconds since the epoch as RFC 3339. @internal */
export const instant = (seconds: number): string => new Date(seconds * 1000).toISOString();

function checkWithin(option: string, value: number, least: number, most: number): void {
  checkOption(
    Number.isSafeInteger(value) && value >= least && value <= most,
    option,
    `be a whole number from ${least} to ${most}`,
  );
}
