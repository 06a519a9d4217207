/**
 * The audit log as the request path sees it: something to push events into. Knows no request and no
 * table; the writer beneath it takes the events to the database.
 */
import { Logger } from '@nestjs/common';
import { retryDelay } from '@countersign/runtime';

import type { AuditEvent } from './audit-event.js';
import type { AuditRow } from './audit-row.js';
import { addRows } from './add-rows.js';
import { createMissedEvents } from './missed-events.js';

/** What `Audit` writes through; `AuditStore` is one. */
export interface AuditSink {
  prepare(event: AuditEvent): AuditRow;
  add(rows: readonly AuditRow[]): Promise<void>;
}

/** Sizes and times of the queue. */
export interface AuditQueueOptions {
  /** Events kept in memory at most; 10,000 unless told. */
  readonly capacity?: number;
  /** Rows of one statement at most; 500 unless told. */
  readonly batchSize?: number;
  /** Milliseconds an event waits for others at most; 250 unless told. */
  readonly interval?: number;
  /** Milliseconds that shutting down waits for the database; 5,000 unless told. */
  readonly drainTime?: number;
}

const defaults = { capacity: 10_000, batchSize: 500, interval: 250, drainTime: 5_000 } as const;

/** Milliseconds between attempts to write while the database is away. */
const pauses = { first: 250, longest: 5_000 };

/**
 * Records what happened, off the request path: `record` is a push, batches go to the database every
 * 250 ms or 500 events, one statement at a time.
 *
 * While the database is away, events wait here, up to `capacity`. Refusals may fill half of it, so
 * that nobody stops the server by being refused; what comes beyond is counted, and the count is
 * recorded (`audit.missed`) when the database is back. From nine tenths on `isOverloaded` is true
 * and nothing may be issued: the rest is for what was already on its way.
 *
 * A clean shutdown writes everything. What a `kill -9` or a power cut can lose is what was recorded
 * within the last 250 ms and the batch under way; while the database is away, up to `capacity`
 * events. Administrative changes are never lost: `AuditStore.write` is part of their transaction.
 */
export class Audit {
  private readonly logger = new Logger('Audit');
  private readonly options: Required<AuditQueueOptions>;
  private readonly missed = createMissedEvents();
  private queue: AuditEvent[] = [];
  /** What is being written; kept until it is. */
  private batch: readonly AuditRow[] = [];
  private refusals = 0;
  private failures = 0;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;

  constructor(
    private readonly sink: AuditSink,
    options: AuditQueueOptions = {},
  ) {
    this.options = { ...defaults, ...options };
  }

  /** Takes an event; never throws and never waits. An event that finds no room is counted. */
  record(event: AuditEvent): void {
    const isRefusal = event.code !== undefined;
    if (!this.hasRoom(isRefusal)) return this.missed.count(event);
    if (isRefusal) this.refusals += 1;
    this.queue.push(event);
    // Whoever writes, or waits to try again, looks at the queue when it is done.
    if (this.writing !== undefined || this.failures > 0) return;
    if (this.queue.length === this.options.batchSize) this.wakeIn(0);
    else if (this.timer === undefined) this.wakeIn(this.options.interval);
  }

  /** Whether so much waits that nothing may be issued: it might go unrecorded. */
  get isOverloaded(): boolean {
    return this.waiting >= this.options.capacity * 0.9;
  }

  /** Events that are not in the database yet. */
  get waiting(): number {
    return this.queue.length + this.batch.length;
  }

  /** Writes what waits. Gives up after `drainTime`, and then the log says how much was lost. */
  async drain(): Promise<void> {
    const giveUp = performance.now() + this.options.drainTime;
    while (this.hasWork && performance.now() < giveUp) {
      await this.write();
      if (this.failures > 0) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    clearTimeout(this.timer);
    if (this.hasWork) this.logger.error({ event: 'audit.lost', events: this.waiting });
  }

  private get hasWork(): boolean {
    return this.waiting > 0 || this.missed.isAny;
  }

  private hasRoom(isRefusal: boolean): boolean {
    const { capacity } = this.options;
    return this.waiting < capacity && !(isRefusal && this.refusals >= capacity / 2);
  }

  private wakeIn(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.write(), milliseconds).unref();
  }

  /** One writer at a time. Never rejects. */
  private write(): Promise<void> {
    clearTimeout(this.timer);
    return (this.writing ??= this.writeBatches().finally(() => {
      this.writing = undefined;
      this.timer = undefined;
      if (this.failures > 0) this.wakeIn(retryDelay(this.failures, pauses));
      else if (this.hasWork) this.wakeIn(this.options.interval);
    }));
  }

  private async writeBatches(): Promise<void> {
    try {
      do {
        if (this.batch.length === 0) this.batch = this.takeBatch();
        await addRows(this.sink, this.batch, (row) => this.reject(row));
        this.batch = [];
        this.succeeded();
      } while (this.queue.length >= this.options.batchSize);
    } catch (error) {
      this.failed(error);
    }
  }

  private takeBatch(): readonly AuditRow[] {
    const events = this.queue.splice(0, this.options.batchSize);
    for (const { code } of events) if (code !== undefined) this.refusals -= 1;
    if (this.missed.isAny) events.push(this.missed.take());
    return events.map((event) => this.sink.prepare(event));
  }

  private reject(row: AuditRow): void {
    this.logger.error({ event: 'audit.row.refused', id: row['id'], kind: row['event'] });
    this.missed.count({ at: Date.now() / 1000, event: String(row['event']) });
  }

  private succeeded(): void {
    if (this.failures > 0) this.logger.log({ event: 'audit.recovered', waiting: this.waiting });
    this.failures = 0;
  }

  private failed(error: unknown): void {
    if (this.failures === 0) this.logger.error(error);
    this.failures += 1;
  }
}
