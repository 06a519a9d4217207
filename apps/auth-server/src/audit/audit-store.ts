import type { Database, Session } from '@countersign/storage';

import type { AuditEvent } from './audit-event.js';
import { auditRow, type AuditRow } from './audit-row.js';
import { createEventIds } from './event-ids.js';
import { withoutSecrets } from './without-secrets.js';

/** The columns of a row, as `jsonb_to_recordset` reads them. */
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
}

async function insert(session: Session, rows: readonly AuditRow[]): Promise<void> {
  await session.execute(
    `insert into audit_events select * from jsonb_to_recordset($1::jsonb) as row(${columns})
     on conflict (id) do nothing`,
    [withoutSecrets(JSON.stringify(rows))],
  );
}
