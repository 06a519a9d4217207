import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openDatabase } from '@countersign/storage';
import { firstMigrations } from '@countersign/testing';

import { UsersRepository } from '../src/users/users.repository.js';

const migrations = join(import.meta.dirname, '../migrations');

describe('a Census of the first version', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'census-upgrade-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('keeps its users, as members, each with a version of their own', async () => {
    const data = join(directory, 'data');
    const old = await openDatabase({
      directory: data,
      migrations: await firstMigrations(migrations, 1, join(directory, 'old')),
    });
    await old.execute(`INSERT INTO users (id, name, email, team) VALUES
      (21, 'Ada', 'ada@example.com', 'blue'), (42, 'Bob', 'bob@example.com', 'blue')`);
    await old.close();

    const database = await openDatabase({ directory: data, migrations });
    const found = await new UsersRepository(database).list('everybody', 0, 10);
    await database.close();
    expect(found).toMatchObject([
      { id: 21, name: 'Ada', email: 'ada@example.com', team: 'blue', role: 'member' },
      { id: 42, role: 'member' },
    ]);
    expect(new Set(found.map(({ version }) => version)).size).toBe(2);
  }, 60_000);
});
