import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Database } from '../src/index.js';
import { openDatabase, StorageError } from '../src/index.js';
import { writeMigrations } from './contract/write-migrations.js';

const statements = {
  first: 'create table people (id serial primary key, name text not null)',
  second: 'alter table people add column team text',
};

describe('openDatabase on PGlite', () => {
  let root: string;
  let directory: string;
  let migrations: string;
  const opened: Database[] = [];

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'storage-'));
    directory = join(root, 'data', 'database');
    migrations = writeMigrations(join(root, 'migrations'), [statements.first]);
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((database) => database.close()));
    rmSync(root, { recursive: true });
  });

  const open = async (options: Partial<Parameters<typeof openDatabase>[0]> = {}) => {
    const database = await openDatabase({ directory, migrations, ...options });
    opened.push(database);
    return database;
  };

  it('makes the directory, migrates it and keeps what was written', async () => {
    const first = await open();
    await first.execute('insert into people (name) values ($1)', ['Ada']);
    await first.close();

    const second = await open();
    const found = await second.execute<{ name: string }>('select name from people');

    expect(found).toEqual({ rows: [{ name: 'Ada' }], rowCount: 1 });
    expect(readdirSync(join(root, 'data')).sort()).toEqual(['database', 'database.lock']);
  }, 60_000);

  it('applies a migration that was added later, once', async () => {
    await (await open()).close();
    writeMigrations(migrations, [statements.first, statements.second]);
    await (await open()).close();

    const database = await open();
    const columns = await database.execute(
      `select column_name from information_schema.columns where table_name = 'people'`,
    );
    expect(columns.rows.map((row) => row.column_name).sort()).toEqual(['id', 'name', 'team']);
  }, 60_000);

  it('keeps the migrations of several owners apart', async () => {
    const other = writeMigrations(join(root, 'other'), ['create table keys (id text)']);
    const owners = [
      { owner: 'app', folder: migrations },
      { owner: 'runtime', folder: other },
    ];
    await (await open({ migrations: owners })).close();

    const database = await open({ migrations: owners });
    await expect(database.execute('select id from keys')).resolves.toMatchObject({ rows: [] });
    await expect(database.execute('select id from people')).resolves.toMatchObject({ rows: [] });
  }, 60_000);

  it('refuses a schema newer than the code, and lets go of the directory', async () => {
    writeMigrations(migrations, [statements.first, statements.second]);
    await (await open()).close();
    writeMigrations(migrations, [statements.first]);

    await expect(open()).rejects.toMatchObject({
      code: 'SCHEMA_NEWER',
      message: expect.stringContaining('newer version'),
    });
    expect(readdirSync(join(root, 'data'))).toEqual(['database']);
  }, 60_000);

  it('applies nothing of a migration that fails, and opens once it is mended', async () => {
    writeMigrations(migrations, [statements.first, 'create table nonsense (']);
    await expect(open()).rejects.toThrow();

    writeMigrations(migrations, [statements.first, statements.second]);
    const database = await open();
    await expect(database.execute('select team from people')).resolves.toMatchObject({ rows: [] });
  }, 60_000);

  it('refuses a directory that holds other things', async () => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'diary.txt'), 'dear diary');

    await expect(open()).rejects.toThrow(StorageError);
    expect(readdirSync(directory)).toEqual(['diary.txt']);
  });

  it('refuses a directory that a second process holds, and opens it when that one dies', async () => {
    // Another process cannot run TypeScript: it uses the built library (nx builds it first).
    const script = join(__dirname, 'fixtures', 'open-and-hold.mjs');
    const child = spawn(process.execPath, [script, directory], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');

    await expect(open()).rejects.toThrow(`${directory} is in use by process ${child.pid}`);

    child.kill('SIGKILL');
    await once(child, 'exit');
    await expect((await open()).ping()).resolves.toBeUndefined();
  }, 60_000);

  it('starts anew after a first boot that was cut off', async () => {
    mkdirSync(`${directory}.new/base`, { recursive: true });
    writeFileSync(`${directory}.new/PG_VERSION`, '18');

    const database = await open();
    await expect(database.ping()).resolves.toBeUndefined();
  }, 60_000);
});
