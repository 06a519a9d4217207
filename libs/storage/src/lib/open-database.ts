import type { Database, DatabaseOptions } from './database.js';
import { openPglite } from './pglite/open-pglite.js';
import { openPostgres } from './postgres/open-postgres.js';

/**
 * Opens the database and applies its migrations: PostgreSQL when `url` is given, otherwise PGlite
 * in `directory` (made on first use), otherwise PGlite in memory.
 *
 * Refuses (StorageError) a directory that another live process holds, one that is no database, and
 * a schema newer than the code. Nothing is left open or locked after a refusal.
 *
 * @example
 * const database = await openDatabase({ directory: '.data/database', migrations: 'migrations' });
 * const users = await database.db.select().from(usersTable);
 * await database.close();
 * @publicApi
 */
export function openDatabase(options: DatabaseOptions): Promise<Database> {
  return options.url ? openPostgres(options.url, options) : openPglite(options);
}
