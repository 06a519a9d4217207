import { freePorts, type Fleet } from '@countersign/fleet';
import { startPostgres, type TestPostgres } from '@countersign/test-postgres';
import { until } from '@countersign/testing';

import { arrivals, Ledger, untilAllArrived } from './herald-fleet.js';
import { startHeraldFleet } from './start-herald-fleet.js';

/** Clients that ask at the same time. */
const clients = 4;
/** Deliveries that Herald has under way at once: what one crash can make arrive twice. */
const concurrency = 8;

const heraldSettings = {
  DELIVERY_RETRY_SECONDS: '0.2',
  DELIVERY_RETRY_MAX_SECONDS: '0.5',
  DELIVERY_POLL_SECONDS: '0.2',
  DELIVERY_LEASE_SECONDS: '4',
  SMTP_TIMEOUT_SECONDS: '1',
  NOTIFICATIONS_PER_MINUTE: '100000',
};

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Each takes the process away at another step of a request or of a delivery. */
const moments: readonly ((fleet: Fleet, round: number) => Promise<unknown>)[] = [
  // A mail has arrived: the relay has said 250, Herald may not have written it down.
  (fleet) => nextMail(fleet),
  // Somewhere between a request and its row, or in the middle of an SMTP dialogue.
  (_fleet, round) => pause((round * 37) % 150),
  // A request has been let in.
  (fleet) => nextEntry(fleet, 'herald', 'access.granted'),
  // Census has been asked, its answer may not have come.
  (fleet) => nextEntry(fleet, 'census', 'access.granted'),
  // A notification has been recorded, its answer may not have left.
  (fleet) => nextEntry(fleet, 'herald', 'notification.accepted'),
];

/** Kills of Herald: one at each step, more of them by environment, for a night's run. */
const rounds = Number(process.env['CRASH_ROUNDS'] ?? moments.length);

async function nextMail(fleet: Fleet): Promise<void> {
  const before = fleet.mail.mailbox.mails.length;
  await until(() => fleet.mail.mailbox.mails.length > before, { otherwise: 'no mail arrives' });
}

async function nextEntry(fleet: Fleet, service: 'herald' | 'census', event: string): Promise<void> {
  const { log } = fleet.services[service];
  const mark = log.count;
  const isNew = () => log.since(mark).some((entry) => entry['event'] === event);
  await until(isNew, { otherwise: `no ${event} is logged` });
}

describe.each(['pglite', 'postgresql'] as const)('Herald on %s', (engine) => {
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await startHeraldFleet({
      isEmbedded: engine === 'pglite',
      herald: heraldSettings,
      authServer: { ACCESS_TOKEN_LIFETIME: '3600' },
    });
  }, 120_000);

  afterAll(() => fleet?.stop());

  it(`loses nothing it acknowledged over ${rounds} kills, and makes nothing twice that was asked for once`, async () => {
    const ledger = await Ledger.open(fleet);
    const { herald } = fleet.services;
    let goingOn = true;
    const client = async (): Promise<void> => {
      while (goingOn) await ledger.insist(ledger.newKey());
    };
    const atWork = Array.from({ length: clients }, client);
    for (let round = 0; round < rounds; round++) {
      await moments[round % moments.length]?.(fleet, round);
      await herald.kill();
      await herald.start();
    }
    goingOn = false;
    await Promise.all(atWork);
    await untilAllArrived(fleet, ledger, 60);

    const arrived = arrivals(fleet);
    expect(ledger.acknowledged.size).toBeGreaterThan(rounds);
    expect(ledger.setbacks.size).toBeGreaterThan(0);
    // Every key was acknowledged in the end, and a key whose answer was lost made no second one.
    expect([...arrived.keys()].sort()).toEqual([...ledger.acknowledged.values()].sort());
    const again = [...arrived.values()].reduce((sum, count) => sum + count - 1, 0);
    expect(again).toBeLessThanOrEqual(rounds * concurrency);
  }, 600_000);

  it('cuts nothing off when it is told to stop under load', async () => {
    const ledger = await Ledger.open(fleet);
    const { herald } = fleet.services;
    const mark = herald.log.count;
    let goingOn = true;
    const client = async (): Promise<void> => {
      while (goingOn) if (!(await ledger.ask(`stop-${ledger.newKey()}`))) await pause(5);
    };
    const atWork = Array.from({ length: clients }, client);
    await until(() => ledger.acknowledged.size > 20, { otherwise: 'nothing is acknowledged' });
    expect(await herald.stop()).toBe(true);
    goingOn = false;
    await Promise.all(atWork);
    const letIn = herald.log
      .since(mark)
      .filter((entry) => entry['event'] === 'access.granted' && entry['method'] === 'POST');
    expect(ledger.acknowledged.size).toBe(letIn.length);
    await herald.start();
    await untilAllArrived(fleet, ledger, 30);
  }, 120_000);
});

describe('two Heralds on one PostgreSQL', () => {
  let postgres: TestPostgres;
  let fleet: Fleet;

  beforeAll(async () => {
    postgres = await startPostgres({ own: true });
    fleet = await startHeraldFleet({
      herald: { ...heraldSettings, DATABASE_URL: await postgres.url('herald') },
      authServer: { ACCESS_TOKEN_LIFETIME: '3600' },
    });
  }, 120_000);

  afterAll(async () => {
    await fleet?.stop();
    await postgres?.stop();
  });

  it('deliver each mail once, and one goes on for the other while that is paused beyond its lease', async () => {
    const { herald: port } = await freePorts();
    const twin = fleet.twin('herald', port);
    await twin.start();
    try {
      const ledger = await Ledger.open(fleet);
      const both = [fleet.urls.herald, `${twin.url}/`];
      for (let count = 0; count < 40; count++)
        await ledger.ask(ledger.newKey(), both[count % both.length]);
      await untilAllArrived(fleet, ledger, 30);
      expect(ledger.setbacks).toEqual(new Map());
      expect(Math.max(...arrivals(fleet).values())).toBe(1);

      // In the middle of a burst one process stands still; what it holds, the other takes over.
      const keys = Array.from({ length: 60 }, () => ledger.newKey());
      const burst = keys.map((key, index) => ledger.ask(key, both[index % both.length]));
      await nextMail(fleet);
      process.kill(twin.pid ?? 0, 'SIGSTOP');
      await untilAllArrived(fleet, ledger, 60);
      process.kill(twin.pid ?? 0, 'SIGCONT');
      await Promise.all(burst);
      await Promise.all(keys.map((key) => ledger.insist(key)));
      await untilAllArrived(fleet, ledger, 30);
      const again = [...arrivals(fleet).values()].reduce((sum, count) => sum + count - 1, 0);
      expect(again).toBeLessThanOrEqual(concurrency);
      expect(arrivals(fleet).size).toBe(ledger.acknowledged.size);
    } finally {
      if (twin.pid !== undefined) process.kill(twin.pid, 'SIGCONT');
      await twin.close();
    }
  }, 180_000);

  it('answer 503 while the database is gone, and go on by themselves when it is back', async () => {
    const ledger = await Ledger.open(fleet);
    await ledger.insist('before');
    await postgres.kill9();
    await ledger.ask('meanwhile');
    await ledger.ask('meanwhile');
    expect([...ledger.setbacks.keys()]).toEqual(['answered 503']);
    await postgres.restart();
    await ledger.insist('meanwhile');
    await untilAllArrived(fleet, ledger, 60);
  }, 120_000);
});
