import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openDatabase } from '@countersign/storage';
import { firstMigrations } from '@countersign/testing';

import { NotificationsRepository } from '../src/notifications/notifications.repository.js';

const migrations = join(import.meta.dirname, '../migrations');

describe('a Herald of the first version', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'herald-upgrade-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('keeps what waits, since when it waits', async () => {
    const data = join(directory, 'data');
    const old = await openDatabase({
      directory: data,
      migrations: await firstMigrations(migrations, 1, join(directory, 'old')),
    });
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
