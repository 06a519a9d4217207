import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import type { Results, Transaction } from '@electric-sql/pglite';
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { migrate as applyMigrations } from 'drizzle-orm/pglite/migrator';

import type { Database, DatabaseOptions, Session, SqlResult } from '../database.js';
import { checkChannel } from '../check-channel.js';
import { migrate } from '../migrate.js';
import type { DirectoryLock } from './lock-directory.js';
import { lockDirectory } from './lock-directory.js';
import { prepareDirectory } from './prepare-directory.js';
import { readTemplate } from './template.js';

/** Opens PGlite in a directory of which this process is the only user, or in memory. @internal */
export async function openPglite(options: DatabaseOptions): Promise<Database> {
  return options.directory === undefined
    ? openMigrated(await openInMemory(), options)
    : openDirectory(resolve(options.directory), options);
}

async function openInMemory(): Promise<PGlite> {
  const template = await readTemplate();
  return PGlite.create(template ? { loadDataDir: template } : {});
}

async function openDirectory(directory: string, options: DatabaseOptions): Promise<Database> {
  await mkdir(dirname(directory), { recursive: true, mode: 0o700 });
  const lock = await lockDirectory(directory);
  try {
    await prepareDirectory(directory);
    return await openMigrated(await PGlite.create({ dataDir: directory }), options, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** One process, one connection: the directory's lock is the advisory lock of migrations here. */
async function openMigrated(
  client: PGlite,
  options: DatabaseOptions,
  lock?: DirectoryLock,
): Promise<Database> {
  try {
    const db = drizzle({ client });
    await migrate(db, (config) => applyMigrations(db, config), options.migrations);
  } catch (error) {
    await client.close();
    throw error;
  }
  return createDatabase(client, lock);
}

function createDatabase(client: PGlite, lock: DirectoryLock | undefined): Database {
  let closing: Promise<void> | undefined;
  return {
    engine: 'pglite',
    db: drizzle({ client }),
    execute: (text, params) => execute(client, text, params),
    transaction: (work) => client.transaction((tx) => work(createSession(tx))),
    listen: async (channel, onNotify) => {
      checkChannel(channel);
      const stop = await client.listen(channel, onNotify);
      return async () => {
        // Nobody hears anything once the database is closed.
        if (!client.closed) await stop();
      };
    },
    ping: async () => void (await client.query('select 1')),
    close: () => (closing ??= close(client, lock)),
  };
}

function createSession(tx: Transaction): Session {
  // drizzle's PGlite session asks of its client only what a transaction has, too.
  const client = tx as unknown as PGlite;
  return { db: drizzle({ client }), execute: (text, params) => execute(tx, text, params) };
}

async function close(client: PGlite, lock: DirectoryLock | undefined): Promise<void> {
  try {
    await client.close();
  } finally {
    await lock?.release();
  }
}

async function execute<Row>(
  client: PGlite | Transaction,
  text: string,
  params: readonly unknown[] = [],
): Promise<SqlResult<Row>> {
  const results =
    params.length > 0
      ? [await client.query<Row>(text, [...params])]
      : ((await runScript(client, text)) as Results<Row>[]);
  const last = results.at(-1);
  return {
    rows: results.flatMap((result) => result.rows),
    rowCount: last?.rows.length || (last?.affectedRows ?? 0),
  };
}

function runScript(client: PGlite | Transaction, text: string): Promise<Results[]> {
  // A script with a transaction of its own that fails half-way would leave the only connection
  // inside it: PGlite's own transaction rolls back in any case.
  return client instanceof PGlite && /^\s*begin\b/i.test(text)
    ? client.transaction((tx) => tx.exec(text))
    : client.exec(text);
}
