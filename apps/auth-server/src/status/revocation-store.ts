import { randomUUID } from 'node:crypto';

import type { CompromisePort, Versions } from '@countersign/runtime';
import type { Clock } from '@countersign/token';
import type { Database, Session } from '@countersign/storage';

import type { AuditEvent } from '../audit/audit-event.js';
import type { AuditStore } from '../audit/audit-store.js';
import type { Revocation, RevocationKind } from './revocation.js';
import { RevocationRefused } from './revocation-refused.js';

/** Who revokes, for the audit log. */
export interface RevokedBy {
  /** The client that asked: an administrator's, or the one whose token it is. */
  readonly client: string;
  readonly address?: string | undefined;
}

/** A token of ours, as far as revoking it needs. */
export interface TokenToRevoke {
  readonly jti: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  /** For the audit log. */
  readonly clientId?: string | undefined;
  readonly subject?: string | undefined;
}

/** All revocations after a version, and the epoch they belong to. */
export interface StoredRevocations {
  readonly epoch: string;
  readonly revocations: readonly Revocation[];
}

/** What a store works with. */
export interface RevocationStoreDeps {
  readonly database: Database;
  readonly versions: Versions;
  readonly audit: AuditStore;
  readonly clock: Clock;
  /** Seconds that any token lives at most. */
  readonly longestLifetime: number;
  /** How many this process holds in memory. */
  readonly held: () => number;
  /** Revocations kept, more or less, at most: every guard holds all. 100,000 unless told. */
  readonly capacity?: number;
}

/** Seconds beyond its `exp` for which some guard may still take a token (its clock tolerance). */
const tolerance = 60;

/** Seconds beyond its end for which a revocation stays: a clock that jumps must not free a token. */
export const grace = 3_600;

/** Longest value kept, in characters; ours are ASCII. */
const longestValue = 1024;

interface NewRevocation {
  readonly kind: RevocationKind;
  readonly value: string;
  readonly before?: number;
  readonly expiresAt: number;
  /** What else the audit log should know. */
  readonly about?: Pick<AuditEvent, 'client' | 'subject'>;
}

/**
 * What is revoked, in the database. Each revocation is one transaction: its row, a new version of
 * the topic `revocations` and its audit event; when it resolves, all of that is durable, and this
 * process knows it.
 *
 * Rejects with RevocationRefused for a value that is none and when so much is revoked that guards
 * could not hold it; what was revoked before stays so.
 */
export class RevocationStore {
  constructor(private readonly deps: RevocationStoreDeps) {}

  /** Revokes one token. */
  async revokeToken(token: TokenToRevoke, by: RevokedBy): Promise<void> {
    const { jti, expiresAt, clientId: client, subject } = token;
    const about = { client, subject };
    await this.revoke({ kind: 'token', value: jti, expiresAt: expiresAt + tolerance, about }, by);
  }

  /** Revokes every token in which a client acts and that was issued before then (seconds), or now. */
  async revokeClient(client: string, by: RevokedBy, before?: number): Promise<void> {
    await this.revoke({ kind: 'client', value: client, ...this.until(before) }, by);
  }

  /** Revokes every token about a subject that was issued before then (seconds), or until now. */
  async revokeSubject(subject: string, by: RevokedBy, before?: number): Promise<void> {
    await this.revoke({ kind: 'subject', value: subject, ...this.until(before) }, by);
  }

  /** Revokes whatever a key has signed or will sign, until `keptUntil` (seconds). */
  async revokeKey(kid: string, keptUntil: number, by: RevokedBy): Promise<void> {
    await this.revoke({ kind: 'key', value: kid, expiresAt: Math.ceil(keptUntil) }, by);
  }

  /** For `KeyRing.emergency`, by whom: revokes the key in the transaction that drops it. */
  onCompromised(by: RevokedBy): CompromisePort {
    return (tx, value, keptUntil) =>
      this.insert(tx, { kind: 'key', value, expiresAt: Math.ceil(keptUntil) }, by);
  }

  /** Everything newer than a version, oldest first. */
  async read(after = 0): Promise<StoredRevocations> {
    const { rows } = await this.deps.database.execute<StoredRow>(
      `select epoch, kind, value, version::float8 as version, before::float8 as before,
              expires_at::float8 as expires_at
       from revocation_epoch left join revocations on version > $1 order by version`,
      [after],
    );
    const [first] = rows;
    if (!first) throw new Error('the revocations have no epoch');
    return { epoch: first.epoch, revocations: rows.flatMap(toRevocation) };
  }

  /** Removes at most `limit` revocations that no living token needs; answers how many. */
  async prune(limit: number): Promise<number> {
    const { rowCount } = await this.deps.database.execute(
      `delete from revocations where (kind, value) in
         (select kind, value from revocations where expires_at < $1 order by expires_at limit $2)`,
      [Math.floor(this.deps.clock.now()) - grace, limit],
    );
    return rowCount;
  }

  /**
   * Begins a new epoch: whoever follows reads everything again. For a database that was restored:
   * its versions count again from where the backup was made.
   */
  async startOver(by: RevokedBy): Promise<void> {
    const { database, versions, audit, clock } = this.deps;
    await database.transaction(async (tx) => {
      await versions.bump(tx, 'revocations');
      await tx.execute('update revocation_epoch set epoch = $1', [randomUUID()]);
      const { client: actor, address } = by;
      await audit.write(tx, { at: clock.now(), event: 'revocations.restarted', actor, address });
    });
  }

  /**
   * Tokens carry whole seconds: those of the second that is passing are meant, too. A replica whose
   * clock is ahead of this one's dates its tokens later: theirs must agree, as NTP makes them.
   */
  private until(time = Infinity): { readonly before: number; readonly expiresAt: number } {
    const before = Math.min(Math.ceil(time), Math.floor(this.deps.clock.now()) + 1);
    return { before, expiresAt: before + this.deps.longestLifetime + tolerance };
  }

  private async revoke(revocation: NewRevocation, by: RevokedBy): Promise<void> {
    const { database, versions } = this.deps;
    await database.transaction((tx) => this.insert(tx, revocation, by));
    // This process should know at once what it has just done; if it cannot, it hears like others.
    await versions.refresh('revocations').catch(() => undefined);
  }

  private async insert(tx: Session, revocation: NewRevocation, by: RevokedBy): Promise<void> {
    const { kind, value, before, expiresAt } = revocation;
    if (value === '' || value.length > longestValue || /\p{Cc}/u.test(value)) {
      throw new RevocationRefused('value');
    }
    this.refuseBeyondCapacity(kind);
    // First, because its lock makes revocations take turns: they are numbered as they commit.
    const version = await this.deps.versions.bump(tx, 'revocations');
    await tx.execute(
      `insert into revocations (kind, value, version, before, expires_at)
       values ($1, $2, $3, $4, $5)
       on conflict (kind, value) do update set
         version = excluded.version,
         before = greatest(revocations.before, excluded.before),
         expires_at = greatest(revocations.expires_at, excluded.expires_at)`,
      [kind, value, version, before ?? null, Math.ceil(expiresAt)],
    );
    await this.deps.audit.write(tx, this.eventOf(revocation, by));
  }

  /** Keys always find room, and single tokens leave some to what revokes more. */
  private refuseBeyondCapacity(kind: RevocationKind): void {
    const { held, capacity = 100_000 } = this.deps;
    const room = { token: capacity * 0.9, client: capacity, subject: capacity, key: Infinity };
    if (held() >= room[kind]) throw new RevocationRefused('capacity');
  }

  private eventOf({ kind, value, before, about }: NewRevocation, by: RevokedBy): AuditEvent {
    return {
      ...about,
      at: this.deps.clock.now(),
      event: `${kind}.revoked`,
      actor: by.client,
      address: by.address,
      [members[kind]]: value,
      ...(before === undefined ? {} : { detail: { before } }),
    };
  }
}

/** Where the audit log says what was revoked. */
const members = { token: 'jti', key: 'kid', subject: 'subject', client: 'client' } as const;

interface StoredRow {
  readonly epoch: string;
  readonly kind: RevocationKind | null;
  readonly value: string;
  readonly version: number;
  readonly before: number;
  readonly expires_at: number;
}

/** Without revocations there is one row, with nothing but the epoch. */
function toRevocation({ kind, value, version, before, ...row }: StoredRow): Revocation[] {
  if (kind === null) return [];
  const common = { value, version, expiresAt: row.expires_at };
  return kind === 'client' || kind === 'subject'
    ? [{ ...common, kind, before }]
    : [{ ...common, kind }];
}
