import { Logger } from '@nestjs/common';
import type { Clock } from '@countersign/token';
import { withLeader, type Database } from '@countersign/storage';

import type { AuditStore } from './audit-store.js';

/** How long events are kept, and how they are removed. */
export interface RetentionOptions {
  /** Seconds; at least a day, which the database insists on. */
  readonly keep: number;
  /** Milliseconds between two looks; an hour unless told. */
  readonly every?: number;
  /** Events of one statement at most; 1,000 unless told: other statements get their turn between. */
  readonly batchSize?: number;
}

/** Removes old events, on one replica at a time, in small bites. */
export class AuditRetention {
  private readonly logger = new Logger('Audit');
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isStopped = false;

  constructor(
    private readonly store: AuditStore,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly options: RetentionOptions,
  ) {}

  /** Looks now and then from now on. */
  start(): void {
    const every = this.options.every ?? 3_600_000;
    this.timer = setInterval(() => void this.run(), every).unref();
    void this.run();
  }

  /** One look. Never rejects: what fails is logged and tried again next time. */
  run(): Promise<void> {
    return (this.running ??= this.removeOld().finally(() => {
      this.running = undefined;
    }));
  }

  /** Ends after the statement under way. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.timer);
    await this.running;
  }

  private async removeOld(): Promise<void> {
    const { keep, batchSize = 1_000 } = this.options;
    const before = this.clock.now() - keep;
    let removed = 0;
    try {
      await withLeader(this.database, 'audit-retention', async () => {
        let bite = batchSize;
        while (bite === batchSize && !this.isStopped) {
          bite = await this.store.removeBefore(before, batchSize);
          removed += bite;
        }
      });
    } catch (error) {
      this.logger.error(error);
    }
    if (removed > 0) this.logger.log({ event: 'audit.removed', events: removed, before });
  }
}
