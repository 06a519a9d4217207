/**
 * Takes jobs and delivers: at least once, with the same Message-ID on every attempt.
 * Must not know requests.
 */
import { Logger } from '@nestjs/common';
import { eventCounter, retryDelay } from '@countersign/runtime';
import type { Database } from '@countersign/storage';

import { carriesLink, composeMail, type NotificationType } from '../mail/compose-mail.js';
import type { DeliveryOutcome, Mailer } from '../mail/mailer.js';
import type {
  AttemptResult,
  NotificationsRepository,
} from '../notifications/notifications.repository.js';
import type { Notification } from '../notifications/notifications.table.js';
import type { SealedLinks } from '../notifications/sealed-links.js';
import type { DeliveryJob, DeliveryQueue } from './delivery-queue.js';

/** How deliveries are run. */
export interface DeliverySettings {
  /** Seconds before the second attempt. */
  readonly retrySeconds: number;
  /** Longest pause between two attempts, in seconds. */
  readonly retryMaxSeconds: number;
  /** Hours after which a mail that could not be delivered is given up. */
  readonly giveUpHours: number;
  /** Seconds between two looks for jobs that have become due. */
  readonly pollSeconds: number;
  /** Deliveries under way at once. */
  readonly concurrency: number;
  /** Seconds a shutdown waits for deliveries under way before it breaks them off. */
  readonly drainSeconds: number;
}

/** What a worker works with. */
export interface DeliveryWorkerDeps {
  readonly database: Database;
  readonly queue: DeliveryQueue;
  readonly notifications: NotificationsRepository;
  readonly sealedLinks: SealedLinks;
  readonly mailer: Mailer;
  readonly settings: DeliverySettings;
}

/** Hours after which nobody waits for a mail any more, whatever the settings say. */
const worthHours: Partial<Readonly<Record<NotificationType, number>>> = { 'password-reset': 1 };

const unreadable: DeliveryOutcome = {
  delivered: false,
  permanent: true,
  reason: 'link_unreadable',
};

const HOUR_MS = 60 * 60 * 1000;

const countAttempt = eventCounter({
  name: 'herald_deliveries_total',
  help: 'Attempts to deliver, by what became of the notification; unsettled: nobody could write it down.',
  label: 'state',
  values: ['delivered', 'pending', 'failed', 'unsettled'],
});

/** Delivers what the queue holds, a few at a time, until it is stopped. */
export class DeliveryWorker {
  private readonly logger = new Logger(DeliveryWorker.name);
  private readonly underWay = new Set<Promise<void>>();
  private readonly breakOff = new AbortController();
  private running: Promise<void> | undefined;
  private stopping = false;
  private woken = false;
  private wakeUp: () => void = () => undefined;

  constructor(private readonly deps: DeliveryWorkerDeps) {}

  /** Begins to take jobs. */
  start(): void {
    this.running ??= this.run();
  }

  /** Looks for jobs now: something was just added. */
  wake(): void {
    this.woken = true;
    this.wakeUp();
  }

  /**
   * Takes no more jobs, waits for those under way, and breaks off those that take too long: they
   * stay pending. Resolves when nothing is left running.
   */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wake();
    await this.running;
    const patience = setTimeout(
      () => this.breakOff.abort(),
      this.deps.settings.drainSeconds * 1000,
    );
    await Promise.all(this.underWay);
    clearTimeout(patience);
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      this.woken = false;
      const free = this.deps.settings.concurrency - this.underWay.size;
      const jobs = free > 0 ? await this.deps.queue.take(free) : [];
      jobs.forEach((job) => this.begin(job));
      if (jobs.length === 0) await this.pause();
    }
  }

  private begin(job: DeliveryJob): void {
    const delivery = this.deliver(job)
      .catch((error: unknown) => this.reportLost(job, error))
      .finally(() => {
        this.underWay.delete(delivery);
        this.wake();
      });
    this.underWay.add(delivery);
  }

  /** Until woken, or until jobs may have become due. */
  private async pause(): Promise<void> {
    if (this.woken) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.deps.settings.pollSeconds * 1000);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private async deliver(job: DeliveryJob): Promise<void> {
    const { database, notifications, queue } = this.deps;
    const notification = await notifications.find(database, job.notification);
    if (notification?.state !== 'pending') {
      await database.transaction((tx) => queue.complete(tx, job));
      return;
    }
    const outcome = await this.send(notification);
    await this.settle(job, notification, outcome);
  }

  private async send(notification: Notification): Promise<DeliveryOutcome> {
    const { id, type, name, address, messageId, createdAt, sealedLink } = notification;
    const link = sealedLink === null ? undefined : this.deps.sealedLinks.open(id, sealedLink);
    if (carriesLink(type) && link === undefined) return unreadable;
    const mail = { to: address ?? '', messageId, date: createdAt };
    const content = composeMail(type, name ?? '', link);
    return this.deps.mailer.send({ ...content, ...mail }, this.breakOff.signal);
  }

  /** Row and job move together; the next attempt is a new job of the same transaction. */
  private async settle(
    job: DeliveryJob,
    notification: Notification,
    outcome: DeliveryOutcome,
  ): Promise<void> {
    const { database, notifications, queue, settings } = this.deps;
    const pauses = { first: settings.retrySeconds, longest: settings.retryMaxSeconds };
    const attempts = notification.attempts + 1;
    const result = this.resultOf(notification, outcome);
    await database.transaction(async (tx) => {
      const ours = await queue.complete(tx, job);
      // Without the lease somebody else decides how it goes on; but a mail that left has left.
      if (!ours && result.state !== 'delivered') return;
      await notifications.recordAttempt(tx, notification.id, result);
      if (result.state === 'pending')
        await queue.add(tx, notification.id, retryDelay(attempts, pauses));
    });
    this.report(notification.id, attempts, result);
  }

  private resultOf(notification: Notification, outcome: DeliveryOutcome): AttemptResult {
    if (outcome.delivered) return { state: 'delivered' };
    if (outcome.permanent) return { state: 'failed', reason: outcome.reason };
    const age = Date.now() - notification.pendingSince.getTime();
    const hours = Math.min(
      this.deps.settings.giveUpHours,
      worthHours[notification.type] ?? Infinity,
    );
    return age > hours * HOUR_MS
      ? { state: 'failed', reason: `given_up_${outcome.reason}` }
      : { state: 'pending', reason: outcome.reason };
  }

  private report(notification: string, attempts: number, result: AttemptResult): void {
    countAttempt(result.state);
    const entry = { event: `notification.${result.state}`, notification, attempts };
    if (result.state === 'delivered') this.logger.log(entry);
    else this.logger.warn({ ...entry, reason: result.reason });
  }

  /** The outcome could not be written: the lease will end, and the mail may leave a second time. */
  private reportLost({ notification }: DeliveryJob, error: unknown): void {
    countAttempt('unsettled');
    const reason = error instanceof Error ? error.message : 'unknown';
    this.logger.error({ event: 'notification.unsettled', notification, reason });
  }
}
