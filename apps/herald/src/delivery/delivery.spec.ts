import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { Logger } from '@nestjs/common';
import { openDatabase, type Database } from '@countersign/storage';
import { startPostgres, type TestPostgres } from '@countersign/test-postgres';
import { until } from '@countersign/testing';
import type { SMTPServerOptions } from 'smtp-server';

import { relayRefusal, startMailRelay, type MailRelay } from '../../test/support/mail-relay.js';
import { Mailer } from '../mail/mailer.js';
import { parseSmtpUrl } from '../mail/smtp-settings.js';
import { NotificationsRepository } from '../notifications/notifications.repository.js';
import type { Notification } from '../notifications/notifications.table.js';
import { SealedLinks } from '../notifications/sealed-links.js';
import { DeliveryQueue, type QueueSettings } from './delivery-queue.js';
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
const key = randomBytes(32);
const sealedLinks = new SealedLinks({ derive: () => [key] });
const shortLease: QueueSettings = { leaseSeconds: 1 };

describe.each(['pglite', 'postgresql'] as const)('delivery on %s', (engine) => {
  const notifications = new NotificationsRepository();
  const cleanUp: (() => unknown)[] = [];
  let postgres: TestPostgres | undefined;
  let database: Database;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    postgres = engine === 'postgresql' ? await startPostgres() : undefined;
    database = await openDatabase({ migrations, url: await postgres?.url('herald') });
  }, 60_000);
  afterAll(async () => {
    await database.close();
    await postgres?.stop();
  });
  afterEach(async () => {
    for (const clean of cleanUp.splice(0).reverse()) await clean();
    await database.execute('TRUNCATE notifications; TRUNCATE pgboss.job, pgboss.archive');
  });

  const startQueue = async (settings?: QueueSettings): Promise<DeliveryQueue> => {
    const queue = new DeliveryQueue(database, settings);
    await queue.start();
    cleanUp.push(() => queue.stop());
    return queue;
  };
  const worker = (
    queue: DeliveryQueue,
    url: string,
    changed: Partial<DeliverySettings> = {},
    timeoutMs = 5_000,
  ) => {
    const mailer = new Mailer({
      smtp: parseSmtpUrl(url),
      from: { name: 'Herald', address: 'no-reply@herald.example' },
      hostname: 'herald.example',
      timeoutMs,
    });
    const parts = { database, queue, notifications, sealedLinks, mailer };
    const started = new DeliveryWorker({ ...parts, settings: { ...settings, ...changed } });
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
  /** The notification, once it is as it should be. */
  const settled = async (
    id: string,
    holds: (notification: Notification) => boolean,
  ): Promise<Notification> => {
    let found: Notification | undefined;
    await until(async () => {
      found = await notifications.find(database, id);
      return found !== undefined && holds(found);
    });
    return found!;
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
    const delivered = await settled(id, ({ state }) => state === 'delivered');
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
    const waiting = await settled(id, ({ attempts }) => attempts >= 3);
    expect(waiting).toMatchObject({ state: 'pending', address: 'bob@example.com' });
    expect(waiting.reason).not.toBeNull();
    expect(await jobs()).toHaveLength(1);

    const back = await relay({}, first.port);
    const [mail] = await back.arrived(1);
    expect(mail?.messageId).toBe(`<${id}@herald.example>`);
    await settled(id, ({ state }) => state === 'delivered');
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
    const delivered = await settled(id, ({ state }) => state === 'delivered');
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
    const failed = await settled(id, ({ state }) => state === 'failed');
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
    await database.execute(`UPDATE notifications SET pending_since = now() - interval '2 hours'`);
    worker(queue, url);
    const failed = await settled(id, ({ state }) => state === 'failed');
    expect(failed.reason).toMatch(/^given_up_/);
    expect(await jobs()).toEqual([]);
  });

  it('delivers after a restart what a dead worker had taken', async () => {
    const dead = await startQueue(shortLease);
    const id = await add(dead);
    await expect(dead.take(1)).resolves.toMatchObject([{ notification: id }]);
    await dead.stop();

    const { url, arrived } = await relay();
    worker(await startQueue(shortLease), url);
    await arrived(1);
    await settled(id, ({ state }) => state === 'delivered');
  }, 20_000);

  it('gives no job to two workers', async () => {
    const { url, mails } = await relay();
    const queue = await startQueue();
    const ids = await Promise.all(Array.from({ length: 40 }, () => add(queue)));
    for (let count = 0; count < 3; count++) worker(queue, url, { concurrency: 2 });
    for (const id of ids) await settled(id, ({ state }) => state === 'delivered');
    expect(mails.map(({ messageId }) => messageId).sort()).toEqual(
      ids.map((id) => `<${id}@herald.example>`).sort(),
    );
  }, 20_000);

  describe('by a worker that was paused for longer than its lease', () => {
    type Answer = (refusal?: Error) => void;

    /** Two workers with the same job: what each is asked to answer its relay stays open. */
    const race = async () => {
      const waiting: Answer[] = [];
      const { url, mails } = await relay({
        onRcptTo: (_address, _session, done) =>
          void waiting.push((refusal) => (refusal ? done(refusal) : done())),
      });
      const queue = await startQueue(shortLease);
      const id = await add(queue);
      const paused = worker(queue, url, { concurrency: 1, drainSeconds: 10 }, 30_000);
      await until(() => waiting.length > 0);
      const other = worker(queue, url, { concurrency: 1, drainSeconds: 10 }, 30_000);
      await until(() => waiting.length > 1);
      return { id, mails, paused, other, answerPaused: waiting[0]!, answerOther: waiting[1]! };
    };

    it.each([
      ['refused for good', 550],
      ['refused for now', 450],
    ])(
      'leaves it to the other when its own attempt is %s',
      async (_, code) => {
        const { id, mails, paused, answerPaused, answerOther } = await race();
        answerPaused(relayRefusal(code));
        await paused.stop();
        await expect(notifications.find(database, id)).resolves.toMatchObject({
          state: 'pending',
          attempts: 0,
          address: 'bob@example.com',
        });
        answerOther();
        await settled(id, ({ state }) => state === 'delivered');
        expect(mails).toHaveLength(1);
        expect(await jobs()).toEqual([]);
      },
      30_000,
    );

    it('sends a second mail at most, under the same Message-ID', async () => {
      const { id, mails, paused, other, answerPaused, answerOther } = await race();
      answerPaused();
      await paused.stop();
      await settled(id, ({ state }) => state === 'delivered');
      answerOther();
      await other.stop();
      expect(mails.map(({ messageId }) => messageId)).toEqual([
        `<${id}@herald.example>`,
        `<${id}@herald.example>`,
      ]);
      await expect(notifications.find(database, id)).resolves.toMatchObject({ state: 'delivered' });
      expect(await jobs()).toEqual([]);
    }, 30_000);
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
    await settled(delivered!, ({ state }) => state === 'delivered');
  });

  it('finishes what is under way before it stops, and takes no more', async () => {
    const { url, mails } = await relay();
    const queue = await startQueue();
    const stopping = worker(queue, url, { concurrency: 1, drainSeconds: 10 });
    const first = await add(queue);
    stopping.wake();
    await settled(first, () => true);
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
