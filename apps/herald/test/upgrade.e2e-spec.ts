import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openDatabase } from '@countersign/storage';

import { NotificationsRepository } from '../src/notifications/notifications.repository.js';

const migrations = join(import.meta.dirname, '../migrations');

describe('a Herald of the first version', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'herald-upgrade-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  /** The migrations folder as it was when it held only so many. */
  const firstMigrations = async (count: number): Promise<string> => {
    const folder = join(directory, 'migrations');
    await cp(migrations, folder, { recursive: true });
    const path = join(folder, 'meta/_journal.json');
    const journal = JSON.parse(await readFile(path, 'utf8')) as { entries: unknown[] };
    await writeFile(path, JSON.stringify({ ...journal, entries: journal.entries.slice(0, count) }));
    return folder;
  };

  it('keeps what waits, since when it waits', async () => {
    const data = join(directory, 'data');
    const old = await openDatabase({ directory: data, migrations: await firstMigrations(1) });
    const id = '2644a3a9-482f-4b0d-801f-3caf69ba6c65';
    await old.execute(`INSERT INTO notifications
      (id, user_uri, requested_by, caller, type, message_id, address, name, created_at)
      VALUES ('${id}', 'u', 'r', 'c', 'welcome-message', 'm', 'bob@example.com', 'Bob',
        '2026-01-02T03:04:05Z')`);
    await old.close();

    const database = await openDatabase({ directory: data, migrations });
    const found = await new NotificationsRepository().find(database, id);
    await database.close();
    expect(found).toMatchObject({
      state: 'pending',
      address: 'bob@example.com',
      pendingSince: new Date('2026-01-02T03:04:05Z'),
    });
  }, 60_000);
});
