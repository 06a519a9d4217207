import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

import type { Database, Session } from '@countersign/storage';

/** A credential as it leaves for its file; only its digest stays. */
export interface BootstrapCredential {
  readonly text: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** Seconds a credential lives. */
export const bootstrapLife = 15 * 60;

/** Replicas that may hold a credential at the same time. */
const mostCredentials = 16;

interface Row {
  readonly sha256: string;
  readonly expires: string;
}

/** The digests of live bootstrap credentials, which all replicas share. */
export class BootstrapCredentials {
  constructor(private readonly database: Database) {}

  /**
   * Makes a credential and records its digest; expired ones go. Undefined when there are so many
   * live ones that somebody seems to make them without end.
   */
  async issue(now: number): Promise<BootstrapCredential | undefined> {
    const text = `cb_${randomBytes(32).toString('base64url')}`;
    const expiresAt = Math.floor(now) + bootstrapLife;
    return this.database.transaction(async (tx) => {
      await lock(tx);
      await tx.execute('delete from bootstrap_credentials where expires_at <= to_timestamp($1)', [
        now,
      ]);
      if ((await rows(tx)).length >= mostCredentials) return undefined;
      await tx.execute('insert into bootstrap_credentials values ($1, to_timestamp($2))', [
        digestOf(text).toString('base64url'),
        expiresAt,
      ]);
      return { text, expiresAt };
    });
  }

  /** When this credential ends, if it is a live one. */
  async expiryOf(text: string, now: number): Promise<number | undefined> {
    return expiryIn(await rows(this.database), text, now);
  }

  /**
   * Uses a credential up, in the transaction of what it allows: with it go all others. False for one
   * that is unknown, used or expired. Of two at once the second waits, and then finds nothing.
   */
  async use(tx: Session, text: string, now: number): Promise<boolean> {
    await lock(tx);
    if (expiryIn(await rows(tx), text, now) === undefined) return false;
    await tx.execute('delete from bootstrap_credentials');
    return true;
  }
}

async function lock(tx: Session): Promise<void> {
  await tx.execute('lock table bootstrap_credentials in exclusive mode');
}

async function rows(session: Session): Promise<readonly Row[]> {
  const found = await session.execute<Row>(
    'select sha256, extract(epoch from expires_at)::text as expires from bootstrap_credentials',
  );
  return found.rows;
}

/** Every digest is compared, also after a match: the time tells nothing. */
function expiryIn(known: readonly Row[], text: string, now: number): number | undefined {
  const digest = digestOf(text);
  const matching = known.filter(({ sha256 }) =>
    timingSafeEqual(Buffer.from(sha256, 'base64url'), digest),
  );
  const expiresAt = Number(matching[0]?.expires ?? 0);
  return now < expiresAt ? expiresAt : undefined;
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
