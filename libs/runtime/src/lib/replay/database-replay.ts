import type { Database } from '@countersign/storage';
import type { Clock, ReplayStore } from '@countersign/token';
import { replayKey, systemClock } from '@countersign/token';

/** How {@link databaseReplay} cleans up. @publicApi */
export interface DatabaseReplayOptions {
  readonly clock?: Clock;
  /** Most expired rows deleted at a time; 1,000 unless told. */
  readonly batch?: number;
  /** Told when a clean-up fails, which refuses nobody. */
  readonly onCleanUpError?: (error: unknown) => void;
}

const cleanUpEvery = 60_000;
const cleanUpAgainAfter = 1000;

// Replicas judge `exp` by clocks of their own: a row outlives its token by more than they may differ.
const keptAfterEnd = 300;

/**
 * A replay store in the database, shared by all replicas: one insert decides, whoever comes first.
 *
 * Rejects when the database does. Expired rows are deleted beside the requests, in batches, by the
 * clock of the database; a row that is still there refuses, expired or not. Needs
 * `replayMigrations`.
 *
 * @example
 * await useOnce(verified, databaseReplay(database), clockTolerance);
 * @publicApi
 */
export function databaseReplay(
  database: Database,
  options: DatabaseReplayOptions = {},
): ReplayStore {
  const { clock = systemClock, batch = 1000, onCleanUpError = () => undefined } = options;
  let nextCleanUp = clock.monotonic() + cleanUpEvery;
  let isCleaning = false;

  const cleanUp = async (): Promise<void> => {
    isCleaning = true;
    try {
      const isMoreLeft = (await deleteExpired(database, batch)) === batch;
      nextCleanUp = clock.monotonic() + (isMoreLeft ? cleanUpAgainAfter : cleanUpEvery);
    } catch (error) {
      nextCleanUp = clock.monotonic() + cleanUpEvery;
      onCleanUpError(error);
    } finally {
      isCleaning = false;
    }
  };

  const use = async (issuer: string, jti: string, expiresAt: number): Promise<boolean> => {
    const { rowCount } = await database.execute(
      'insert into used_tokens (key, expires_at) values ($1, $2) on conflict do nothing',
      [replayKey(issuer, jti), Math.ceil(expiresAt)],
    );
    if (!isCleaning && clock.monotonic() >= nextCleanUp) void cleanUp();
    return rowCount === 1;
  };
  const check = async (): Promise<void> => {
    await database.execute('select 1 from used_tokens limit 1');
  };
  return Object.freeze({ use, check });
}

/** Skips rows that another replica is deleting, so that none waits for the other. */
async function deleteExpired(database: Database, batch: number): Promise<number> {
  const { rowCount } = await database.execute(
    `delete from used_tokens where key in (
       select key from used_tokens
       where expires_at < extract(epoch from now()) - ${keptAfterEnd}
       order by expires_at limit $1 for update skip locked)`,
    [batch],
  );
  return rowCount;
}
