/**
 * How fast passwords may be guessed, without anybody being locked out by others:
 *
 * - Each pair of account and network may be wrong a few times, then waits ever longer.
 * - A network may be wrong about many accounts, then waits: no spraying of one password.
 * - An account may be wrong from many networks, then those wait that nobody knows: no guessing by a
 *   crowd. Who signed in there before, with this browser or from this network, does not wait for what
 *   the crowd does; with this browser, not for what their network does either.
 *
 * Attempts count before the password is looked at, in the database, so that many at once, at all
 * replicas, are no way around it. What is refused does not count.
 */
import { createHash } from 'node:crypto';

import type { Database, Session } from '@countersign/storage';
import type { Clock } from '@countersign/token';

import type { KnownPlace, Place } from './known-places.js';

/** How many attempts of each kind are free of delays; 0 never delays. */
export interface ThrottleSettings {
  readonly freePerPair: number;
  readonly freePerNetwork: number;
  readonly freePerAccount: number;
}

/** One attempt. */
export interface Attempt {
  /** What was typed for an address: also one that has no account. */
  readonly email: string;
  readonly place: Place;
  readonly known: KnownPlace;
}

/** Let in, or the whole seconds to wait. */
export type Admission = { readonly admitted: true } | { readonly admitted: false; wait: number };

interface Delay {
  readonly kind: string;
  readonly free: number;
  /** Seconds of the first delay; doubled by each further failure. */
  readonly first: number;
  readonly longest: number;
  /** Seconds without a failure after which the former ones are forgotten. */
  readonly forget: number;
}

interface Counter {
  readonly key: string;
  readonly delay: Delay;
}

/** Expired rows removed with each attempt: more than come in. */
const forgetAtOnce = 4;

/** Counts attempts to sign in, and delays them. */
export class SignInThrottle {
  private readonly delays: Readonly<Record<'pair' | 'network' | 'account', Delay>>;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    { freePerPair, freePerNetwork, freePerAccount }: ThrottleSettings,
  ) {
    this.delays = {
      pair: { kind: 'pair', free: freePerPair, first: 2, longest: 900, forget: 86_400 },
      network: { kind: 'network', free: freePerNetwork, first: 1, longest: 300, forget: 3_600 },
      account: { kind: 'account', free: freePerAccount, first: 1, longest: 300, forget: 86_400 },
    };
  }

  /** Counts an attempt, or says how long to wait; then nothing is counted. */
  async admit(attempt: Attempt): Promise<Admission> {
    try {
      await this.database.transaction(async (tx) => {
        for (const counter of this.countersOf(attempt)) await this.take(tx, counter);
      });
      return { admitted: true };
    } catch (error) {
      if (error instanceof Blocked) return { admitted: false, wait: error.wait };
      throw error;
    }
  }

  /** The password was right: the attempt was no guess. */
  async succeeded(session: Session, attempt: Attempt): Promise<void> {
    const [pair, ...others] = this.countersOf(attempt).map(({ key }) => key);
    await session.execute('delete from people_attempts where key = $1', [pair ?? '']);
    for (const key of others) {
      await session.execute(
        'update people_attempts set failures = greatest(failures - 1, 0) where key = $1',
        [key],
      );
    }
  }

  /** Always in this order, so that attempts at once wait for each other instead of for ever. */
  private countersOf({ email, place, known }: Attempt): readonly Counter[] {
    const { pair, network, account } = this.delays;
    const by = (delay: Delay, ...parts: readonly string[]): Counter[] =>
      delay.free === 0 ? [] : [{ key: keyOf(delay.kind, ...parts), delay }];
    if (known.device) return by(pair, email, 'device', place.device ?? '');
    return [
      ...by(pair, email, 'network', place.network),
      ...by(network, place.network),
      ...(known.network ? [] : by(account, email)),
    ];
  }

  private async take(tx: Session, { key, delay }: Counter): Promise<void> {
    const { free, first, longest, forget } = delay;
    const now = this.clock.now();
    // What is blocked for longer than can be was written by a clock that was wrong.
    const { rows } = await tx.execute(
      `insert into people_attempts as a (key, failures, last_at, blocked_until, forget_at)
       values ($1, 1, $2::float8, $2::float8, $2::float8 + $6::float8)
       on conflict (key) do update set
         failures = case when a.forget_at < $2::float8 then 1 else a.failures + 1 end,
         last_at = $2::float8,
         forget_at = $2::float8 + $6::float8,
         blocked_until = case
           when a.forget_at < $2::float8 or a.failures + 1 < $3::int then $2::float8
           else $2::float8 + least($5::float8, $4::float8 * power(2, least(a.failures + 1 - $3::int, 30)))
         end
       where a.blocked_until <= $2::float8 or a.blocked_until > $2::float8 + $5::float8
       returning 1`,
      [key, now, free, first, longest, forget],
    );
    if (rows.length === 0) throw new Blocked(await waitOf(tx, key, now));
    await tx.execute(
      `delete from people_attempts where key in
         (select key from people_attempts where forget_at < $1
          limit ${forgetAtOnce} for update skip locked)`,
      [now],
    );
  }
}

class Blocked extends Error {
  constructor(readonly wait: number) {
    super('blocked');
  }
}

async function waitOf(tx: Session, key: string, now: number): Promise<number> {
  const { rows } = await tx.execute<{ readonly until: number }>(
    'select blocked_until as until from people_attempts where key = $1',
    [key],
  );
  return Math.max(1, Math.ceil((rows[0]?.until ?? now) - now));
}

function keyOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
