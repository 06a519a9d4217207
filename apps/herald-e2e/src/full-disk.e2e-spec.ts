import { join } from 'node:path';

import type { Fleet } from '@countersign/fleet';
import { startPostgres, type TestPostgres } from '@countersign/test-postgres';

import { arrivals, Ledger, untilAllArrived } from './herald-fleet.js';
import { startHeraldFleet } from './start-herald-fleet.js';
import { mountSmallDisk, type SmallDisk } from './small-disk.js';

/** What a database needs for itself, and a little. */
const megabytes = { pglite: 80, postgresql: 220 } as const;

const settings = {
  DELIVERY_RETRY_SECONDS: '0.2',
  DELIVERY_RETRY_MAX_SECONDS: '0.5',
  DELIVERY_POLL_SECONDS: '0.2',
  DELIVERY_LEASE_SECONDS: '4',
  SMTP_TIMEOUT_SECONDS: '1',
  NOTIFICATIONS_PER_MINUTE: '100000',
};

describe.each(['pglite', 'postgresql'] as const)(
  'Herald on %s on a disk that is full',
  (engine) => {
    let disk: SmallDisk | undefined;
    let postgres: TestPostgres | undefined;
    let fleet: Fleet | undefined;

    beforeAll(async () => {
      disk = await mountSmallDisk(megabytes[engine]);
      if (!disk) return;
      const place: Record<string, string> =
        engine === 'postgresql'
          ? { DATABASE_URL: await databaseOn(disk) }
          : { DATA_DIR: join(disk.directory, 'herald') };
      fleet = await startHeraldFleet({
        isEmbedded: engine === 'pglite',
        herald: { ...settings, ...place },
      });
    }, 180_000);

    afterAll(async () => {
      await fleet?.stop();
      await postgres?.stop();
      await disk?.remove();
    });

    async function databaseOn({ directory }: SmallDisk): Promise<string> {
      postgres = await startPostgres({ own: true, within: directory });
      return postgres.url('herald');
    }

    it('acknowledges nothing it could not write, and goes on by itself when there is room', async () => {
      if (!fleet || !disk) return void console.warn('Not tested: only root may mount a small disk');
      const ledger = await Ledger.open(fleet);
      await ledger.insist('before');
      await untilAllArrived(fleet, ledger, 30);

      await disk.fill();
      let asked = 0;
      // Room that the database has set aside is used up first.
      while (await ledger.ask(`full-${++asked}`)) expect(asked).toBeLessThan(5_000);
      for (let more = 0; more < 5; more++) await ledger.ask(`full-${asked}`);
      expect([...ledger.setbacks.keys()]).toEqual(['answered 503']);

      await disk.empty();
      await ledger.insist(`full-${asked}`);
      await untilAllArrived(fleet, ledger, 60);
      expect([...arrivals(fleet).keys()].sort()).toEqual([...ledger.acknowledged.values()].sort());
    }, 300_000);
  },
);
