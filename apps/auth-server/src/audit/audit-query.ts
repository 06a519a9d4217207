import type { AuditRecord } from './audit-event.js';
import { firstIdAt } from './event-ids.js';

/** What to look for; all of it must match, exactly. */
export interface AuditQuery {
  /** Seconds since the epoch, inclusive. */
  readonly from?: number | undefined;
  /** Seconds since the epoch, exclusive. */
  readonly to?: number | undefined;
  readonly client?: string | undefined;
  readonly subject?: string | undefined;
  readonly code?: string | undefined;
  readonly event?: string | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  /** Events of one page: 100 unless told, 500 at most. */
  readonly limit?: number | undefined;
}

/** Some events, newest first. */
export interface AuditPage {
  readonly events: readonly AuditRecord[];
  /** Where the next, older page begins; none when this is the last. */
  readonly next: string | undefined;
}

/** A question that cannot be answered; its message names the member at fault. */
export class AuditQueryError extends Error {
  override readonly name = 'AuditQueryError';
}

/** The statement of a query; it asks for one event more than the page holds. */
export interface AuditStatement {
  readonly text: string;
  readonly params: readonly unknown[];
  readonly limit: number;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const mostEvents = 500;

/**
 * Puts a query into SQL. Ids begin with their time, so that times and pages are ranges of one
 * index. Refuses (AuditQueryError) a cursor that is none, a time that is no number, a limit under 1.
 */
export function auditStatement(query: AuditQuery): AuditStatement {
  const { from, to, after, event, limit = 100 } = query;
  if (after !== undefined && !uuid.test(after)) throw new AuditQueryError('after: is no cursor');
  if (!Number.isInteger(limit) || limit < 1) throw new AuditQueryError('limit: must be at least 1');
  const params: unknown[] = [];
  const conditions: string[] = [];
  const where = (condition: string, value: unknown) => {
    if (value === undefined) return;
    params.push(value);
    conditions.push(condition.replace('?', `$${params.length}`));
  };
  where('id >= ?::uuid', idAt('from', from));
  where('id < ?::uuid', idAt('to', to));
  where('id < ?::uuid', after);
  where('client = ?', storedText(query.client));
  where('subject = ?', storedText(query.subject));
  where('code = ?', storedText(query.code));
  where('event = ?', storedText(event));
  // Says to the planner that the index of rare events will do.
  if (event !== undefined && event !== 'token.issued') conditions.push(`event <> 'token.issued'`);
  const most = Math.min(limit, mostEvents);
  const filter = conditions.length > 0 ? `where ${conditions.join(' and ')}` : '';
  const text = `select * from audit_events ${filter} order by id desc limit ${most + 1}`;
  return { text, params, limit: most };
}

function idAt(name: string, at: number | undefined): string | undefined {
  if (at === undefined) return undefined;
  if (!Number.isFinite(at)) throw new AuditQueryError(`${name}: must be seconds since the epoch`);
  return firstIdAt(at);
}

/** No row holds a NUL: the database would refuse the question for it. */
function storedText(value: string | undefined): string | undefined {
  return value?.replaceAll('\0', '\ufffd');
}
