import type { Database, Session } from '@countersign/storage';

import type { AuditEvent, AuditRecord } from './audit-event.js';
import { auditStatement, type AuditPage, type AuditQuery } from './audit-query.js';
import { auditRow, type AuditRow } from './audit-row.js';
import { createEventIds, firstIdAt } from './event-ids.js';
import { withoutSecrets } from './without-secrets.js';

/** The columns of a row, as `json_to_recordset` reads them. */
const columns =
  'id uuid, at timestamptz, event text, client text, subject text, audience text, scopes text[], ' +
  'code text, kid text, jti text, grant_type text, method text, credential text, address text, ' +
  'actor text, detail jsonb';

/** The audit log in the database: rows are added and, when they are old, removed; never changed. */
export class AuditStore {
  private readonly nextId = createEventIds();

  constructor(private readonly database: Database) {}

  /**
   * Records an administrative change in the transaction that makes it: both are there, or neither.
   */
  async write(tx: Session, event: AuditEvent): Promise<void> {
    await insert(tx, [this.prepare(event)]);
  }

  /** Gives an event its id: from here on it may be added twice and is recorded once. */
  prepare(event: AuditEvent): AuditRow {
    return auditRow(this.nextId(event.at), event);
  }

  /** Adds prepared rows in one statement; those that are there already stay as they are. */
  async add(rows: readonly AuditRow[]): Promise<void> {
    await insert(this.database, rows);
  }

  /**
   * Answers a query, newest first, page by page. Refuses (AuditQueryError) a query that makes no
   * sense. Events arrive up to a moment after they happened: whoever follows the log asks again from
   * a little before the newest one.
   */
  async find(query: AuditQuery): Promise<AuditPage> {
    const { text, params, limit } = auditStatement(query);
    const { rows } = await this.database.execute<StoredEvent>(text, params);
    const events = rows.slice(0, limit).map(toRecord);
    return { events, next: rows.length > limit ? events.at(-1)?.id : undefined };
  }

  /**
   * Removes events older than `before` (seconds since the epoch), the oldest first and `limit` at
   * most; answers how many. The database refuses to remove what is younger than a day.
   */
  async removeBefore(before: number, limit: number): Promise<number> {
    const { rowCount } = await this.database.execute(
      `delete from audit_events
       where id in (select id from audit_events where id < $1::uuid order by id limit $2)`,
      [firstIdAt(before), limit],
    );
    return rowCount;
  }
}

interface StoredEvent {
  readonly [column: string]: unknown;
  readonly id: string;
  readonly at: Date;
  readonly event: string;
  readonly grant_type: string | null;
}

/** What is null in the database is absent in the event. */
function toRecord({ at, grant_type: grantType, ...row }: StoredEvent): AuditRecord {
  const members = Object.entries({ ...row, grantType }).filter(([, value]) => value !== null);
  return { at: at.getTime() / 1000, ...Object.fromEntries(members) } as AuditRecord;
}

async function insert(session: Session, rows: readonly AuditRow[]): Promise<void> {
  await session.execute(
    `insert into audit_events select * from json_to_recordset($1::json) as row(${columns})
     on conflict (id) do nothing`,
    [withoutSecrets(JSON.stringify(rows))],
  );
}
