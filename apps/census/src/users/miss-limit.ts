import { Logger } from '@nestjs/common';
import type { CallerRef, Clock, SubjectRef } from '@countersign/token';

import type { MissesRepository } from './misses.repository.js';
import { tooManyMisses } from './problems.js';

/** Who asks, as far as their misses are counted together. */
export interface Asker {
  readonly caller: CallerRef;
  readonly subject: SubjectRef | undefined;
}

/** How much is tolerated. */
export interface MissLimitOptions {
  /** Misses in a window before everything else of the asker is refused. */
  readonly misses: number;
  /** Seconds of a window. */
  readonly windowSeconds: number;
  /** Refused askers remembered at once; the one refused first is forgotten first. */
  readonly askers: number;
}

const defaults: MissLimitOptions = { misses: 100, windowSeconds: 60, askers: 10_000 };

/**
 * Ends the guessing of users: who asks for too many in a minute that do not exist or are not to be
 * seen gets 429 until the minute is over. Only misses are counted, in the database: whoever asks
 * for users they may see is never slowed down, and replicas count together. That somebody is to be
 * refused, each replica remembers for itself, from its first miss beyond the limit on.
 */
export class MissLimit {
  private readonly logger = new Logger(MissLimit.name);
  /** Until when whom is refused, in milliseconds of the monotonic clock. */
  private readonly refused = new Map<string, number>();

  constructor(
    private readonly misses: Pick<MissesRepository, 'add'>,
    private readonly clock: Clock,
    private readonly options: MissLimitOptions = defaults,
  ) {}

  /** @throws ProblemException 429 with `Retry-After` when the asker has missed too often. */
  check(asker: Asker): void {
    const key = keyOf(asker);
    const left = (this.refused.get(key) ?? 0) - this.clock.monotonic();
    if (left > 0) throw tooManyMisses(Math.ceil(left / 1000));
    this.refused.delete(key);
  }

  /** Counts a miss. */
  async count(asker: Asker): Promise<void> {
    const key = keyOf(asker);
    const { count, left } = await this.misses.add(key, this.options.windowSeconds);
    if (count < this.options.misses) return;
    this.refuse(key, left);
    if (count === this.options.misses) this.report(asker, count);
  }

  private refuse(key: string, seconds: number): void {
    const [oldest] = this.refused.keys();
    if (this.refused.size >= this.options.askers && oldest !== undefined)
      this.refused.delete(oldest);
    this.refused.set(key, this.clock.monotonic() + seconds * 1000);
  }

  private report({ caller, subject }: Asker, misses: number): void {
    this.logger.warn({
      event: 'users.guessed',
      caller: caller.name ?? caller.id,
      subject: subject?.uri,
      misses,
    });
  }
}

const keyOf = ({ caller, subject }: Asker): string =>
  JSON.stringify([caller.issuer, caller.id, subject?.uri]);
