import { createHash } from 'node:crypto';

import type { Session } from '@countersign/storage';

/** The misses of one asker in the window that is open. */
export interface Misses {
  readonly count: number;
  /** Seconds until the window is over. */
  readonly left: number;
}

/** Windows that are over, forgotten with each miss: more than are opened, and little work. */
const FORGET_AT_ONCE = 10;

/** Counts misses where all replicas see them. */
export class MissesRepository {
  constructor(private readonly database: Session) {}

  /**
   * Counts one more of whoever has this key, in a window of so many seconds, which begins with the
   * first.
   */
  async add(key: string, windowSeconds: number): Promise<Misses> {
    const { rows } = await this.database.execute<{ count: number; left: number }>(
      `INSERT INTO misses AS known (asker) VALUES ($1)
       ON CONFLICT (asker) DO UPDATE SET
         count = CASE WHEN ${IS_OVER} THEN 1 ELSE known.count + 1 END,
         since = CASE WHEN ${IS_OVER} THEN now() ELSE known.since END
       RETURNING count, extract(epoch FROM since - now())::float8 + $2::float8 AS left`,
      [digest(key), windowSeconds],
    );
    await this.forgetOver(windowSeconds);
    return rows[0] as Misses;
  }

  private async forgetOver(windowSeconds: number): Promise<void> {
    await this.database.execute(
      `DELETE FROM misses WHERE asker IN (
         SELECT asker FROM misses WHERE since <= now() - make_interval(secs => $1::float8)
         LIMIT ${FORGET_AT_ONCE} FOR UPDATE SKIP LOCKED)`,
      [windowSeconds],
    );
  }
}

const IS_OVER = `known.since <= now() - make_interval(secs => $2::float8)`;

const digest = (key: string): string => createHash('sha256').update(key).digest('base64url');
