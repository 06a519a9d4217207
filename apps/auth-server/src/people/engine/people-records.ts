import { createHash } from 'node:crypto';

import { Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Database, Session } from '@countersign/storage';
import type { Clock } from '@countersign/token';

/** A record as the engine knows it; `jti` is its id, and never written down. */
export type RecordPayload = Readonly<Record<string, unknown>>;

interface Row {
  readonly payload: string;
  /** Seconds since the epoch. */
  readonly consumed: number | null;
}

/** What is kept of one model, by its ids. */
export interface StoredRecord {
  readonly model: string;
  readonly id: string;
  readonly payload: RecordPayload;
  /** Seconds from now. */
  readonly expiresIn: number;
}

/** Milliseconds between two looks for what has expired. */
const cleanUpEvery = 60_000;
const cleanUpAgainAfter = 1_000;
/** Rows deleted by one statement. */
const batch = 1_000;
/** Seconds that replicas' clocks may differ by. */
const keptAfterEnd = 300;
/** Seconds that a request may be under way, and more. */
const endedKept = 3_600;

/**
 * What the login engine keeps, shared by all replicas: sessions, grants, codes, refresh tokens, open
 * interactions. Whoever reads the table can use none of them: ids are there as digests only.
 */
export class PeopleRecords implements OnModuleDestroy {
  private readonly logger = new Logger('People');
  private nextCleanUp: number;
  private cleaning: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {
    this.nextCleanUp = clock.monotonic() + cleanUpEvery;
  }

  /**
   * Adds or replaces a record. A session that has ended, and a login of one who was logged out
   * everywhere since, is not written: a request that was under way brings nothing back.
   */
  async put({ model, id, payload, expiresIn }: StoredRecord): Promise<void> {
    const kept = withoutSecrets(payload);
    await this.database.execute(
      `insert into people_records (model, id, payload, "grant", uid, subject, expires_at)
       select $1, $2, $3, $4::text, $5::text, $6::text, now() + make_interval(secs => $7)
       where not exists (
         select from people_ended where (kind, value) = ('session', $5::text)
           or ((kind, value) = ('person', $6::text) and before > $8::bigint))
       on conflict (model, id) do update set payload = excluded.payload, "grant" = excluded."grant",
         uid = excluded.uid, subject = excluded.subject, expires_at = excluded.expires_at`,
      [
        model,
        digest(id),
        JSON.stringify(kept),
        digestOf(payload['grantId']),
        model === 'Session' ? digestOf(payload['uid']) : null,
        typeof payload['accountId'] === 'string' ? payload['accountId'] : null,
        Math.max(1, Math.ceil(expiresIn)),
        loginOf(payload),
      ],
    );
    this.cleanUpNowAndThen();
  }

  /** The record of this id, expired or not, until it is cleaned up. */
  async find(model: string, id: string): Promise<RecordPayload | undefined> {
    const row = await this.one('model = $1 and id = $2', [model, digest(id)]);
    return row && { ...payloadOf(row), jti: id };
  }

  /** The session of this uid. Its id is known to its browser alone: the copy can be read, not saved. */
  async findSession(uid: string): Promise<RecordPayload | undefined> {
    const row = await this.one("model = 'Session' and uid = $1", [digest(uid)]);
    return row && payloadOf(row);
  }

  /** Marks a record as used; false if it was already, by whichever replica. */
  async consume(model: string, id: string): Promise<boolean> {
    const { rowCount } = await this.database.execute(
      `update people_records set consumed_at = now()
       where model = $1 and id = $2 and consumed_at is null`,
      [model, digest(id)],
    );
    return rowCount === 1;
  }

  /** Removes a record. */
  async remove(model: string, id: string): Promise<void> {
    await this.database.execute('delete from people_records where model = $1 and id = $2', [
      model,
      digest(id),
    ]);
  }

  /** Removes a grant and all that came from it. */
  async endGrant(grantId: string): Promise<void> {
    const key = digest(grantId);
    await this.database.execute(
      `delete from people_records where "grant" = $1 or (model = 'Grant' and id = $1)`,
      [key],
    );
  }

  /** Removes a session for good, whatever its id becomes. */
  async endSession(uid: string): Promise<void> {
    await this.end(this.database, 'session', digest(uid));
    await this.database.execute("delete from people_records where model = 'Session' and uid = $1", [
      digest(uid),
    ]);
  }

  /** Removes all there is about a person: sessions, grants, tokens. */
  async endAll(subject: string, session: Session = this.database): Promise<void> {
    await this.end(session, 'person', subject);
    await session.execute('delete from people_records where subject = $1', [subject]);
  }

  private async end(session: Session, kind: 'session' | 'person', value: string): Promise<void> {
    await session.execute(
      `insert into people_ended (kind, value, before, expires_at)
       values ($1, $2, $3, now() + make_interval(secs => ${endedKept}))
       on conflict (kind, value) do update
         set before = excluded.before, expires_at = excluded.expires_at`,
      [kind, value, Math.floor(this.clock.now())],
    );
  }

  /** Finishes what it is cleaning up. */
  async onModuleDestroy(): Promise<void> {
    await this.cleaning;
  }

  private async one(where: string, values: readonly unknown[]): Promise<Row | undefined> {
    const { rows } = await this.database.execute<Row>(
      `select payload, extract(epoch from consumed_at)::float8 as consumed
       from people_records where ${where} limit 1`,
      values,
    );
    return rows[0];
  }

  private cleanUpNowAndThen(): void {
    if (this.cleaning || this.clock.monotonic() < this.nextCleanUp) return;
    this.cleaning = this.cleanUp();
  }

  private async cleanUp(): Promise<void> {
    let pause = cleanUpEvery;
    try {
      if ((await this.removeExpired()) === batch) pause = cleanUpAgainAfter;
    } catch (error) {
      this.logger.warn({ event: 'people.not-cleaned-up', error: String(error) });
    } finally {
      this.nextCleanUp = this.clock.monotonic() + pause;
      this.cleaning = undefined;
    }
  }

  /** Skips rows that another replica is removing, so that none waits for the other. */
  private async removeExpired(): Promise<number> {
    await this.removeFrom('people_ended', 'kind, value');
    return this.removeFrom('people_records', 'model, id');
  }

  private async removeFrom(table: string, key: string): Promise<number> {
    const { rowCount } = await this.database.execute(
      `delete from ${table} where (${key}) in (
         select ${key} from ${table}
         where expires_at < now() - make_interval(secs => ${keptAfterEnd})
         order by expires_at limit $1 for update skip locked)`,
      [batch],
    );
    return rowCount;
  }
}

/** When the login was that a record is of, in seconds since the epoch; a code is as old as itself. */
function loginOf({ loginTs, authTime, iat }: RecordPayload): number {
  return Number(loginTs ?? authTime ?? iat ?? 0);
}

/** Its own id, and that of the session of its browser, which the engine asks nobody for. */
function withoutSecrets(payload: RecordPayload): RecordPayload {
  const { session } = payload;
  const kept = { ...payload, jti: undefined };
  if (typeof session !== 'object' || session === null) return kept;
  return { ...kept, session: { ...session, cookie: undefined } };
}

function payloadOf({ payload, consumed }: Row): RecordPayload {
  const kept = JSON.parse(payload) as RecordPayload;
  return consumed === null ? kept : { ...kept, consumed: Math.floor(Number(consumed)) };
}

function digest(id: string): string {
  return createHash('sha256').update(id).digest('base64url');
}

function digestOf(value: unknown): string | null {
  return typeof value === 'string' ? digest(value) : null;
}
