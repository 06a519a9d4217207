import { Logger } from '@nestjs/common';
import type { CallerRef, Clock, SubjectRef } from '@countersign/token';

import { tooManyMisses } from './problems.js';

/** Who asks, as far as their misses are counted together. */
export interface Asker {
  readonly caller: CallerRef;
  readonly subject: SubjectRef | undefined;
}

interface Misses {
  readonly since: number;
  count: number;
}

/** How much is tolerated. */
export interface MissLimitOptions {
  /** Misses in a window before everything else of the asker is refused. */
  readonly misses: number;
  /** Milliseconds of a window. */
  readonly windowMs: number;
  /** Askers remembered at once; the one seen first is forgotten first. */
  readonly askers: number;
}

const defaults: MissLimitOptions = { misses: 100, windowMs: 60_000, askers: 10_000 };

/**
 * Ends the guessing of users: who asks for too many in a minute that do not exist or are not to be
 * seen gets 429 until the minute is over. Counts in this process only, and only misses: whoever
 * asks for users they may see is never slowed down.
 */
export class MissLimit {
  private readonly logger = new Logger(MissLimit.name);
  private readonly seen = new Map<string, Misses>();

  constructor(
    private readonly clock: Clock,
    private readonly options: MissLimitOptions = defaults,
  ) {}

  /** @throws ProblemException 429 with `Retry-After` when the asker has missed too often. */
  check(asker: Asker): void {
    const misses = this.current(keyOf(asker));
    if (!misses || misses.count < this.options.misses) return;
    const left = misses.since + this.options.windowMs - this.clock.monotonic();
    throw tooManyMisses(Math.max(1, Math.ceil(left / 1000)));
  }

  /** Counts a miss. */
  count(asker: Asker): void {
    const key = keyOf(asker);
    const misses = this.current(key) ?? this.remember(key);
    misses.count += 1;
    if (misses.count !== this.options.misses) return;
    const { caller, subject } = asker;
    this.logger.warn({
      event: 'users.guessed',
      caller: caller.name ?? caller.id,
      subject: subject?.uri,
      misses: misses.count,
    });
  }

  private current(key: string): Misses | undefined {
    const misses = this.seen.get(key);
    if (!misses || this.clock.monotonic() - misses.since < this.options.windowMs) return misses;
    this.seen.delete(key);
    return undefined;
  }

  private remember(key: string): Misses {
    const [oldest] = this.seen.keys();
    if (this.seen.size >= this.options.askers && oldest !== undefined) this.seen.delete(oldest);
    const misses = { since: this.clock.monotonic(), count: 0 };
    this.seen.set(key, misses);
    return misses;
  }
}

const keyOf = ({ caller, subject }: Asker): string =>
  JSON.stringify([caller.issuer, caller.id, subject?.uri]);
