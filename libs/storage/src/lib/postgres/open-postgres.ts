import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';

import type { Database, DatabaseOptions, Session, SqlResult } from '../database.js';
import { migrate } from '../migrate.js';
import { Listener } from './listener.js';

/** Key of the advisory lock under which one process at a time migrates: "csgn" in ASCII. */
const migrationLock = 0x6373676e;

/** Opens a pool to PostgreSQL and migrates it under an advisory lock. @internal */
export async function openPostgres(url: string, options: DatabaseOptions): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  // An idle connection that breaks emits here; the next query opens another one.
  pool.on('error', () => undefined);
  try {
    await withClient(pool, (client) => migrateLocked(client, options));
  } catch (error) {
    await pool.end();
    throw error;
  }
  return createDatabase(pool, new Listener(url));
}

async function migrateLocked(client: pg.PoolClient, options: DatabaseOptions): Promise<void> {
  await client.query('select pg_advisory_lock($1)', [migrationLock]);
  try {
    const db = drizzle({ client });
    await migrate(db, (config) => applyMigrations(db, config), options.migrations);
  } finally {
    await client.query('select pg_advisory_unlock($1)', [migrationLock]);
  }
}

function createDatabase(pool: pg.Pool, listener: Listener): Database {
  let closing: Promise<void> | undefined;
  return {
    engine: 'postgresql',
    db: drizzle({ client: pool }),
    execute: (text, params) => execute(pool, text, params),
    transaction: (work) => withClient(pool, (client) => transaction(client, work)),
    listen: (channel, onNotify) => listener.listen(channel, onNotify),
    ping: async () => void (await pool.query('select 1')),
    close: () => (closing ??= closeAll(pool, listener)),
  };
}

async function closeAll(pool: pg.Pool, listener: Listener): Promise<void> {
  await listener.close();
  await pool.end();
}

async function transaction<T>(client: pg.PoolClient, work: (tx: Session) => Promise<T>) {
  await client.query('begin');
  try {
    const result = await work({
      db: drizzle({ client }),
      execute: (text, params) => execute(client, text, params),
    });
    await client.query('commit');
    return result;
  } catch (error) {
    // On a broken connection this fails too; the first error is the one that says why.
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

/** A client whose work failed is not reused: it may be inside a broken transaction. */
async function withClient<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>) {
  const client = await pool.connect();
  let failed = true;
  // Lost between two statements: the next one fails. Without a listener the process would end.
  const onLost = () => undefined;
  client.on('error', onLost);
  try {
    const result = await work(client);
    failed = false;
    return result;
  } finally {
    // One that is thrown away keeps it: it may be lost while it closes.
    if (!failed) client.removeListener('error', onLost);
    client.release(failed);
  }
}

async function execute<Row>(
  client: pg.Pool | pg.PoolClient,
  text: string,
  params: readonly unknown[] = [],
): Promise<SqlResult<Row>> {
  // pg answers several statements with one result each.
  const answer: unknown =
    params.length === 0 ? await client.query(text) : await client.query(text, [...params]);
  const results = (Array.isArray(answer) ? answer : [answer]) as pg.QueryResult[];
  return {
    rows: results.flatMap((result) => result.rows as Row[]),
    rowCount: results.at(-1)?.rowCount ?? 0,
  };
}
