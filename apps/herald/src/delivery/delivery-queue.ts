/**
 * The queue of mails to deliver, in the database of the notifications: pg-boss keeps, leases and
 * hands out the jobs. Must not know mails.
 *
 * pg-boss's own `work()` is not used: it settles jobs in promises nobody awaits, so a database that
 * is away for a moment would end the process, and it cannot settle a job inside our transaction.
 */
import { Logger } from '@nestjs/common';
import type { Database, Session } from '@countersign/storage';
import PgBoss from 'pg-boss';

/** A job handed out: which notification to deliver. It holds no address and no token. */
export interface DeliveryJob {
  readonly id: string;
  readonly notification: string;
  /** Which lease of the job this is: who was paused too long holds an older one. */
  readonly lease: number;
}

/** How jobs are handed out. */
export interface QueueSettings {
  /** Seconds after which a job whose worker died comes back; longer than any attempt. */
  readonly leaseSeconds: number;
}

const QUEUE = 'deliver';
const MAX_MAINTENANCE_SECONDS = 30;
const DAY_SECONDS = 24 * 60 * 60;

const jobOptions = {
  // Retries by pg-boss serve only lost leases; an attempt that failed is a new job.
  retryLimit: 10_000,
  retryDelay: 1,
  retentionDays: 30,
} as const;

/** Durable jobs, each in the transaction of the row it is about. */
export class DeliveryQueue {
  private readonly logger = new Logger(DeliveryQueue.name);
  private readonly boss: PgBoss;
  private readonly statements = new Set<Promise<unknown>>();

  constructor(
    private readonly database: Database,
    private readonly settings: QueueSettings = { leaseSeconds: 120 },
  ) {
    this.boss = new PgBoss({
      db: this.executor(database),
      schedule: false,
      maintenanceIntervalSeconds: maintenanceSeconds(settings),
      archiveCompletedAfterSeconds: DAY_SECONDS,
      deleteAfterDays: 1,
    });
    this.boss.on('error', (error) => this.logger.error(`Queue maintenance: ${error.message}`));
  }

  /** Makes the queue's tables if they are missing, and takes back what a dead process had taken. */
  async start(): Promise<void> {
    await this.boss.start();
    await this.boss.createQueue(QUEUE);
    // PGlite has one process at a time, so whoever held a lease here is gone: no need to wait.
    if (this.database.engine === 'pglite') await this.takeBackLeases();
  }

  /** Adds a job in this transaction, due after so many seconds. */
  async add(tx: Session, notification: string, afterSeconds = 0): Promise<void> {
    await this.boss.send(
      QUEUE,
      { notification },
      {
        ...jobOptions,
        expireInSeconds: this.settings.leaseSeconds,
        ...(afterSeconds > 0 && { startAfter: afterSeconds }),
        db: this.executor(tx),
      },
    );
  }

  /** Leases at most `limit` jobs that are due; none when the database does not answer. */
  async take(limit: number): Promise<readonly DeliveryJob[]> {
    const options = { batchSize: limit, includeMetadata: true } as const;
    const jobs = await this.boss.fetch<{ notification: string }>(QUEUE, options);
    return jobs.map(({ id, data, retryCount }) => ({
      id,
      notification: data.notification,
      lease: retryCount,
    }));
  }

  /**
   * Ends a job in this transaction. `false` when its lease is lost, so that somebody else may have
   * it now: pg-boss itself would let us end what is theirs.
   */
  async complete(tx: Session, { id, lease }: DeliveryJob): Promise<boolean> {
    const { rows } = await tx.execute(
      `SELECT 1 FROM pgboss.job
       WHERE name = $1 AND id = $2 AND state = 'active' AND retry_count = $3 FOR UPDATE`,
      [QUEUE, id, lease],
    );
    if (rows.length === 0) return false;
    const result: unknown = await this.boss.complete(QUEUE, id, {}, { db: this.executor(tx) });
    return (result as { affected: number }).affected === 1;
  }

  /** Ends maintenance and waits for its last statement. The database may be closed after it. */
  async stop(): Promise<void> {
    await this.boss.stop({ graceful: false });
    await Promise.allSettled(this.statements);
  }

  private async takeBackLeases(): Promise<void> {
    const { rows } = await this.database.execute<{ id: string }>(
      `SELECT id FROM pgboss.job WHERE name = $1 AND state = 'active'`,
      [QUEUE],
    );
    if (rows.length === 0) return;
    await this.boss.fail(
      QUEUE,
      rows.map(({ id }) => id),
    );
    this.logger.log(`Took back ${rows.length} interrupted deliveries`);
  }

  private executor(session: Session): PgBoss.Db {
    return {
      executeSql: async (text, values = []) => {
        const statement = session.execute(text, values);
        this.statements.add(statement);
        try {
          return await statement;
        } finally {
          this.statements.delete(statement);
        }
      },
    };
  }
}

/** How often lost leases are looked for, in whole seconds. */
const maintenanceSeconds = ({ leaseSeconds }: QueueSettings): number =>
  Math.max(1, Math.min(MAX_MAINTENANCE_SECONDS, Math.floor(leaseSeconds / 4)));
