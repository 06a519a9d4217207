import { Injectable } from '@nestjs/common';
import type { Session } from '@countersign/storage';

import type { KeyedRequest } from './idempotency-key.js';

/** What was asked for under a key, and what came of it. */
export interface KeyUse {
  readonly fingerprint: string;
  readonly notification: string;
}

/** Hours a key is remembered. */
const LIFE_HOURS = 24;
/** Milliseconds another transaction gets to be done with the same key. */
const LOCK_TIMEOUT_MS = 3_000;
/** Expired keys forgotten with each new one: more than are made, and little work at a time. */
const FORGET_AT_ONCE = 10;

/** Remembers which notification was made under which idempotency key, for a day. */
@Injectable()
export class IdempotencyKeysRepository {
  /** What was made under this key, if it is remembered. */
  async find(session: Session, { digest }: KeyedRequest): Promise<KeyUse | undefined> {
    const { rows } = await session.execute<KeyUse>(
      `SELECT fingerprint, notification FROM idempotency_keys
       WHERE digest = $1 AND expires_at > now()`,
      [digest],
    );
    return rows[0];
  }

  /**
   * Takes a key for a notification of this transaction; `false` when somebody else has it. Waits a
   * little for another transaction that is about to take it, and fails (`isUnavailable`) when that
   * does not end: its process may be paused, and every connection would soon wait for it.
   */
  async claim(
    tx: Session,
    { digest, fingerprint }: KeyedRequest,
    notification: string,
  ): Promise<boolean> {
    await tx.execute(`SELECT set_config('lock_timeout', $1, true)`, [`${LOCK_TIMEOUT_MS}ms`]);
    const { rows } = await tx.execute(
      `INSERT INTO idempotency_keys AS known (digest, fingerprint, notification, expires_at)
       VALUES ($1, $2, $3, now() + make_interval(hours => ${LIFE_HOURS}))
       ON CONFLICT (digest) DO UPDATE SET
         fingerprint = excluded.fingerprint,
         notification = excluded.notification,
         expires_at = excluded.expires_at
       WHERE known.expires_at <= now()
       RETURNING digest`,
      [digest, fingerprint, notification],
    );
    if (rows.length === 0) return false;
    await this.forgetExpired(tx);
    return true;
  }

  private async forgetExpired(tx: Session): Promise<void> {
    await tx.execute(
      `DELETE FROM idempotency_keys WHERE digest IN (
         SELECT digest FROM idempotency_keys WHERE expires_at <= now()
         LIMIT ${FORGET_AT_ONCE} FOR UPDATE SKIP LOCKED)`,
    );
  }
}
