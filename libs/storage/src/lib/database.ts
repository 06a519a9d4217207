/**
 * What the apps see of a database: the same three things on PGlite and on PostgreSQL.
 * Knows no framework, no environment and no table.
 */
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';

/** The drizzle query builder over either engine. @publicApi */
export type Drizzle = PgDatabase<PgQueryResultHKT>;

/** What raw SQL answered. @publicApi */
export interface SqlResult<Row = Record<string, unknown>> {
  readonly rows: Row[];
  /** Rows returned, or changed by a statement that returns none. */
  readonly rowCount: number;
}

/** Where statements run: the database itself, or one transaction of it. @publicApi */
export interface Session {
  readonly db: Drizzle;
  /**
   * Runs raw SQL with positional parameters (`$1`). Without parameters the text may hold several
   * statements; the rows of all of them are returned.
   */
  execute<Row = Record<string, unknown>>(
    text: string,
    params?: readonly unknown[],
  ): Promise<SqlResult<Row>>;
}

/** Told of a notification; without a payload when some may have been missed. @publicApi */
export type OnNotify = (payload: string | undefined) => void;

/** An open database. @publicApi */
export interface Database extends Session {
  readonly engine: 'pglite' | 'postgresql';
  /**
   * Runs `work` in one transaction: committed when its promise is fulfilled, rolled back when it is
   * rejected. Only `tx` belongs to the transaction; on PGlite, which has one connection, using the
   * outer database inside `work` would wait for ever.
   */
  transaction<T>(work: (tx: Session) => Promise<T>): Promise<T>;
  /**
   * Calls `onNotify` with the payload of every notification on the channel, which `pg_notify` sends
   * when its transaction commits. On PostgreSQL one connection of its own listens; when it breaks it
   * is opened again with backoff, and `onNotify` is called without a payload: something may have
   * been missed. Resolves with what stops listening; does not wait for a server that is away.
   *
   * Refuses (TypeError) a channel that is no plain lower-case name.
   */
  listen(channel: string, onNotify: OnNotify): Promise<() => Promise<void>>;
  /** Rejects when the database does not answer. */
  ping(): Promise<void>;
  /** Flushes, closes and releases the directory. May be called more than once. */
  close(): Promise<void>;
}

/** The migrations of one owner (an app, or a library with tables of its own). @publicApi */
export interface Migrations {
  /** Names the owner's table of applied migrations; lower case letters, digits, `_`. */
  readonly owner: string;
  /** A drizzle folder: `*.sql` and `meta/_journal.json`. */
  readonly folder: string;
}

/** What `openDatabase` needs. @publicApi */
export interface DatabaseOptions {
  /** `postgresql://…`; if given, `directory` is not used. */
  readonly url?: string | undefined;
  /** Data directory of PGlite. Without it and without `url` the database lives in memory. */
  readonly directory?: string | undefined;
  /** Applied in this order; a plain folder belongs to the owner `app`. */
  readonly migrations?: string | readonly Migrations[];
  /** PostgreSQL connections held at most; 10 unless given. */
  readonly maxConnections?: number;
  /**
   * Milliseconds a statement on PostgreSQL may take; 30,000 unless given. Migrations may take
   * longer.
   */
  readonly queryTimeout?: number;
}
