import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { Logger } from '@nestjs/common';
import { openDatabase, type Database } from '@countersign/storage';
import type { SMTPServerOptions } from 'smtp-server';

import { relayRefusal, startMailRelay, type MailRelay } from '../../test/support/mail-relay.js';
import { Mailer } from '../mail/mailer.js';
import { parseSmtpUrl } from '../mail/smtp-settings.js';
import { NotificationsRepository } from '../notifications/notifications.repository.js';
import type { Notification } from '../notifications/notifications.table.js';
import { DeliveryQueue } from './delivery-queue.js';
import { DeliveryWorker, type DeliverySettings } from './delivery-worker.js';

const migrations = join(import.meta.dirname, '../../migrations');
const settings: DeliverySettings = {
  retrySeconds: 0.02,
  retryMaxSeconds: 0.05,
  giveUpHours: 1,
  pollSeconds: 0.02,
  concurrency: 4,
  drainSeconds: 0.1,
};

describe('delivery', () => {
  const notifications = new NotificationsRepository();
  const cleanUp: (() => unknown)[] = [];
  let database: Database;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await openDatabase({ migrations });
  }, 30_000);
  afterAll(() => database.close());
  afterEach(async () => {
    for (const clean of cleanUp.splice(0).reverse()) await clean();
    await database.execute('TRUNCATE notifications; TRUNCATE pgboss.job, pgboss.archive');
  });

  const startQueue = async (): Promise<DeliveryQueue> => {
    const queue = new DeliveryQueue(database);
    await queue.start();
    cleanUp.push(() => queue.stop());
    return queue;
  };
  const worker = (queue: DeliveryQueue, url: string, changed: Partial<DeliverySettings> = {}) => {
    const mailer = new Mailer({
      smtp: parseSmtpUrl(url),
      from: { name: 'Herald', address: 'no-reply@herald.example' },
      hostname: 'herald.example',
      timeoutMs: 500,
    });
    const deps = { database, queue, notifications, mailer, settings: { ...settings, ...changed } };
    const started = new DeliveryWorker(deps);
    started.start();
    cleanUp.push(() => started.stop());
    return started;
  };
  const relay = async (options?: SMTPServerOptions, port?: number): Promise<MailRelay> => {
    const started = await startMailRelay(options, port);
    cleanUp.push(() => started.close());
    return started;
  };
  const add = async (queue: DeliveryQueue): Promise<string> => {
    const id = randomUUID();
    await database.transaction(async (tx) => {
      await notifications.insert(tx, {
        id,
        userUri: 'https://census.example/user/42/',
        requestedBy: 'https://census.example/user/21/',
        caller: 'demo',
        type: 'welcome-message',
        messageId: `<${id}@herald.example>`,
        address: 'bob@example.com',
        name: 'Bob',
      });
      await queue.add(tx, id);
    });
    return id;
  };
  const until = async (
    id: string,
    holds: (notification: Notification) => boolean,
  ): Promise<Notification> => {
    for (;;) {
      const found = await notifications.find(database, id);
      if (found && holds(found)) return found;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const jobs = async () =>
    (
      await database.execute<{ state: string }>(
        `SELECT state FROM pgboss.job WHERE state <> 'completed'`,
      )
    ).rows;

  it('delivers, then forgets name and address', async () => {
    const { url, mails } = await relay();
    const queue = await startQueue();
    worker(queue, url);
    const id = await add(queue);
    const delivered = await until(id, ({ state }) => state === 'delivered');
    expect(delivered).toMatchObject({ attempts: 1, reason: null, address: null, name: null });
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatchObject({
      messageId: `<${id}@herald.example>`,
      envelopeTo: ['bob@example.com'],
    });
    expect(await jobs()).toEqual([]);
  });

  it('writes neither the row nor the job when the transaction fails', async () => {
    const queue = await startQueue();
    const id = randomUUID();
    const work = database.transaction(async (tx) => {
      await queue.add(tx, id);
      throw new Error('too late');
    });
    await expect(work).rejects.toThrow('too late');
    await expect(queue.take(10)).resolves.toEqual([]);
  });

  it('says of a row that cannot be written only which SQLSTATE it was', async () => {
    const row = {
      id: randomUUID(),
      userUri: '',
      requestedBy: '',
      caller: '',
      type: 'welcome-message' as const,
      messageId: '<1@x>',
      address: 'bob@example.com',
      name: 'Bob',
    };
    await notifications.insert(database, row);
    const refusal = (await notifications.insert(database, row).catch((e: unknown) => e)) as Error;
    expect(refusal.message).toBe('The notification could not be written (23505)');
    expect(refusal.cause).toBeUndefined();
  });

  it('keeps trying while the relay is down, and delivers when it is back', async () => {
    const first = await startMailRelay();
    await first.close();
    const queue = await startQueue();
    worker(queue, first.url);
    const id = await add(queue);
    const waiting = await until(id, ({ attempts }) => attempts >= 3);
    expect(waiting).toMatchObject({ state: 'pending', address: 'bob@example.com' });
    expect(waiting.reason).not.toBeNull();
    expect(await jobs()).toHaveLength(1);

    const back = await relay({}, first.port);
    const [mail] = await back.arrived(1);
    expect(mail?.messageId).toBe(`<${id}@herald.example>`);
    await until(id, ({ state }) => state === 'delivered');
  });

  it('tries again under the same Message-ID when the relay says not now', async () => {
    let refusals = 0;
    const { url, arrived } = await relay({
      onRcptTo: (_address, _session, done) => (refusals++ < 2 ? done(relayRefusal(450)) : done()),
    });
    const queue = await startQueue();
    worker(queue, url);
    const id = await add(queue);
    await arrived(1);
    const delivered = await until(id, ({ state }) => state === 'delivered');
    expect(delivered.attempts).toBe(3);
  });

  it('fails for good, without another attempt, when the relay refuses the recipient', async () => {
    let asked = 0;
    const { url, mails } = await relay({
      onRcptTo: (_address, _session, done) => {
        asked++;
        done(relayRefusal(550));
      },
    });
    const queue = await startQueue();
    worker(queue, url);
    const id = await add(queue);
    const failed = await until(id, ({ state }) => state === 'failed');
    expect(failed).toMatchObject({ reason: 'smtp_550', attempts: 1, address: null, name: null });
    expect(await jobs()).toEqual([]);
    expect(asked).toBe(1);
    expect(mails).toHaveLength(0);
  });

  it('gives up on a mail that has been waiting too long', async () => {
    const { url, close } = await startMailRelay();
    await close();
    const queue = await startQueue();
    const id = await add(queue);
    await database.execute(`UPDATE notifications SET created_at = now() - interval '2 hours'`);
    worker(queue, url);
    const failed = await until(id, ({ state }) => state === 'failed');
    expect(failed.reason).toMatch(/^given_up_/);
    expect(await jobs()).toEqual([]);
  });

  it('delivers after a restart what a dead worker had taken', async () => {
    const dead = await startQueue();
    const id = await add(dead);
    await expect(dead.take(1)).resolves.toMatchObject([{ notification: id }]);
    await dead.stop();

    const { url, arrived } = await relay();
    worker(await startQueue(), url);
    await arrived(1);
    await until(id, ({ state }) => state === 'delivered');
  });

  it('ends a job once, for whoever holds its lease', async () => {
    const queue = await startQueue();
    const id = await add(queue);
    const [job] = await queue.take(1);
    await expect(database.transaction((tx) => queue.complete(tx, job!))).resolves.toBe(true);
    await expect(database.transaction((tx) => queue.complete(tx, job!))).resolves.toBe(false);
    await expect(notifications.find(database, id)).resolves.toMatchObject({ state: 'pending' });
  });

  it('sends other mails while the relay keeps one waiting', async () => {
    let sessions = 0;
    const { url, arrived } = await relay({
      // The first session never gets an answer to MAIL FROM.
      onMailFrom: (_address, _session, done) => void (sessions++ > 0 && done()),
    });
    const queue = await startQueue();
    worker(queue, url, { retrySeconds: 30, retryMaxSeconds: 30 });
    const ids = [await add(queue), await add(queue)];
    const [mail] = await arrived(1);
    const delivered = ids.find((id) => mail?.messageId === `<${id}@herald.example>`);
    await until(delivered!, ({ state }) => state === 'delivered');
  });

  it('finishes what is under way before it stops, and takes no more', async () => {
    const { url, mails } = await relay();
    const queue = await startQueue();
    const stopping = worker(queue, url, { concurrency: 1, drainSeconds: 10 });
    const first = await add(queue);
    stopping.wake();
    await until(first, () => true);
    for (;;) {
      const { rows } = await database.execute(`SELECT 1 FROM pgboss.job WHERE state = 'active'`);
      if (rows.length > 0) break;
    }
    const second = await add(queue);
    await stopping.stop();
    await expect(notifications.find(database, first)).resolves.toMatchObject({
      state: 'delivered',
    });
    await expect(notifications.find(database, second)).resolves.toMatchObject({ state: 'pending' });
    expect(mails).toHaveLength(1);
  });

  it('breaks off what takes too long when it stops, and leaves it pending', async () => {
    const { url } = await relay({ onMailFrom: () => undefined });
    const queue = await startQueue();
    const stopping = worker(queue, url);
    const id = await add(queue);
    stopping.wake();
    for (;;) {
      const { rows } = await database.execute(`SELECT 1 FROM pgboss.job WHERE state = 'active'`);
      if (rows.length > 0) break;
    }
    await stopping.stop();
    await expect(notifications.find(database, id)).resolves.toMatchObject({
      state: 'pending',
      reason: 'eabort',
      attempts: 1,
    });
  });
});
