import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';

import type { Database, DatabaseOptions, Session, SqlResult } from '../database.js';
import { migrate } from '../migrate.js';
import { Listener } from './listener.js';

/** Key of the advisory lock under which one process at a time migrates: "csgn" in ASCII. */
const migrationLock = 0x6373676e;

/** Milliseconds. */
const connectTimeout = 5_000;
const defaultQueryTimeout = 30_000;

const rollback: pg.QueryConfig & { query_timeout: number } = {
  text: 'rollback',
  query_timeout: 1_000,
};

/** Opens a pool to PostgreSQL and migrates it under an advisory lock. @internal */
export async function openPostgres(url: string, options: DatabaseOptions): Promise<Database> {
  await migrateLocked(url, options);
  const pool = new pg.Pool({
    connectionString: url,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: connectTimeout,
    // A server that vanished without a word would hold its connections, and those who wait, for
    // hours. One whose query took too long is thrown away.
    query_timeout: options.queryTimeout ?? defaultQueryTimeout,
    // A process that was paused inside a transaction must not keep rows from all others.
    idle_in_transaction_session_timeout: 20_000,
    keepAlive: true,
  });
  // An idle connection that breaks emits here; the next query opens another one.
  pool.on('error', () => undefined);
  return createDatabase(pool, new Listener(url));
}

/** On a connection of its own: neither waiting for the lock nor migrating has a time limit. */
async function migrateLocked(url: string, options: DatabaseOptions): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: connectTimeout,
    keepAlive: true,
  });
  // Lost between two statements: the next one fails. Without a listener the process would end.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    const db = drizzle({ client });
    await migrate(db, (config) => applyMigrations(db, config), options.migrations);
  } finally {
    // The lock goes with its session.
    await client.end().catch(() => undefined);
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
    // On a broken connection this fails too, soon; the first error is the one that says why.
    await client.query(rollback).catch(() => undefined);
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
