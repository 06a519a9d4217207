import { readMigrationFiles } from 'drizzle-orm/migrator';
import { sql } from 'drizzle-orm';

import type { Drizzle, Migrations } from './database.js';
import { StorageError } from './storage-error.js';

const schema = 'migrations';

/** Drizzle's own migrator of one engine. @internal */
export type ApplyMigrations = (config: {
  migrationsFolder: string;
  migrationsSchema: string;
  migrationsTable: string;
}) => Promise<void>;

/**
 * Brings the tables of every owner up to date. The caller holds the advisory lock, and `db` speaks
 * over the one connection that holds it.
 *
 * Refuses a database that knows migrations this code does not (StorageError SCHEMA_NEWER).
 * @internal
 */
export async function migrate(
  db: Drizzle,
  apply: ApplyMigrations,
  migrations: string | readonly Migrations[] = [],
): Promise<void> {
  for (const { owner, folder } of normalise(migrations)) {
    await refuseNewerSchema(db, owner, folder);
    await apply({ migrationsFolder: folder, migrationsSchema: schema, migrationsTable: owner });
  }
}

function normalise(migrations: string | readonly Migrations[]): readonly Migrations[] {
  const list = typeof migrations === 'string' ? [{ owner: 'app', folder: migrations }] : migrations;
  for (const { owner } of list) {
    if (!/^[a-z][a-z0-9_]{0,50}$/.test(owner)) {
      throw new TypeError(`migrations: "${owner}" is no owner name (a-z, 0-9, _)`);
    }
  }
  return list;
}

async function refuseNewerSchema(db: Drizzle, owner: string, folder: string): Promise<void> {
  const known = new Set(readJournal(folder));
  const unknown = (await appliedMigrations(db, owner)).filter((when) => !known.has(when));
  if (unknown.length > 0) {
    throw new StorageError(
      'SCHEMA_NEWER',
      `The database holds ${unknown.length} migration(s) of "${owner}" that this version does not ` +
        'know: it was used by a newer version. Run that version, or restore a backup.',
    );
  }
}

function readJournal(folder: string): number[] {
  try {
    return readMigrationFiles({ migrationsFolder: folder }).map((file) => file.folderMillis);
  } catch (cause) {
    throw new StorageError('MIGRATIONS_UNREADABLE', `Cannot read the migrations in ${folder}`, {
      cause,
    });
  }
}

async function appliedMigrations(db: Drizzle, owner: string): Promise<number[]> {
  const table = sql`${sql.identifier(schema)}.${sql.identifier(owner)}`;
  const found = await db
    .select({ exists: sql<boolean>`to_regclass(${`${schema}.${owner}`}) is not null` })
    .from(sql`(select 1) as one`);
  if (found[0]?.exists !== true) return [];
  const rows = await db.select({ when: sql<string>`created_at::text` }).from(table);
  return rows.map((row) => Number(row.when));
}
