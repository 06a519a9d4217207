import type { CallerRef, Clock, SubjectRef } from '@countersign/token';
import type { Database } from '@countersign/storage';

import type { NotificationsRepository } from './notifications.repository.js';
import { queueFull, tooMany } from './problems.js';
import { SampledCount } from './sampled-count.js';

/** How much is taken in. */
export interface IntakeLimits {
  /** Notifications one user may ask for in a minute. */
  readonly perMinute: number;
  /** Notifications one caller may ask for in a minute, for all its users together. */
  readonly perMinuteOfCaller: number;
  /** Notifications that may wait for delivery, of all callers together. */
  readonly pending: number;
}

/** Who asks. */
export interface Requester {
  readonly caller: CallerRef;
  readonly subject: SubjectRef;
}

/** How a caller is named in rows and logs. */
export const callerName = ({ name, id }: CallerRef): string => name ?? id;

const QUEUE = 'queue';

/** Refuses what is too much, before anybody else is troubled with it. */
export class Intake {
  private readonly ofCaller: SampledCount;
  private readonly waiting: SampledCount;

  constructor(
    private readonly database: Database,
    private readonly notifications: NotificationsRepository,
    private readonly limits: IntakeLimits,
    clock: Clock,
  ) {
    this.ofCaller = new SampledCount({
      clock,
      count: (caller) =>
        notifications.countRecentOfCaller(database, caller, limits.perMinuteOfCaller),
    });
    this.waiting = new SampledCount({
      clock,
      count: () => notifications.countPending(database, limits.pending),
    });
  }

  /**
   * Lets one more notification in, and counts it.
   * @throws ProblemException 429 when the user or the caller asks for too many, 503 as `admitAgain`.
   */
  async admit({ caller, subject }: Requester): Promise<void> {
    const name = callerName(caller);
    const { perMinute, perMinuteOfCaller } = this.limits;
    await this.admitAgain();
    if ((await this.ofCaller.of(name)) >= perMinuteOfCaller) throw tooMany('caller');
    const recent = await this.notifications.countRecent(this.database, subject.uri, perMinute);
    if (recent >= perMinute) throw tooMany('user');
    this.ofCaller.add(name);
  }

  /**
   * Lets a notification in that failed before.
   * @throws ProblemException 503 while too many wait.
   */
  async admitAgain(): Promise<void> {
    if ((await this.waiting.of(QUEUE)) >= this.limits.pending) throw queueFull();
    this.waiting.add(QUEUE);
  }
}
