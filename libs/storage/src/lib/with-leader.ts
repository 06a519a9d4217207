import type { Database } from './database.js';

/** First half of the advisory lock's key, apart from the one of migrations: "csgn" in ASCII. */
const lockClass = 0x6373676e;

/**
 * Runs `work` unless another replica runs work of this name at the moment; returns whether it ran.
 * On PGlite there is no other replica.
 *
 * The lock belongs to a connection: should that break, another replica may begin while this one
 * still works. It saves work and keeps replicas out of each other's way; what must not happen twice
 * has to be decided by the work's own transactions.
 *
 * @example
 * setInterval(() => void withLeader(database, 'audit-cleanup', removeOldEvents), hour);
 * @publicApi
 */
export async function withLeader(
  database: Database,
  name: string,
  work: () => Promise<void>,
): Promise<boolean> {
  if (database.engine === 'pglite') {
    await work();
    return true;
  }
  // A lock of a transaction, not of a session: it cannot outlive this function in the pool.
  return database.transaction(async (tx) => {
    const { rows } = await tx.execute<{ leads: boolean }>(
      'select pg_try_advisory_xact_lock($1, hashtext($2)) as leads',
      [lockClass, name],
    );
    if (rows[0]?.leads !== true) return false;
    // The work uses other connections: this one may well be idle for long.
    await tx.execute('set local idle_in_transaction_session_timeout = 0');
    await work();
    return true;
  });
}
