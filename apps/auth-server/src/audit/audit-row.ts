import type { AuditEvent } from './audit-event.js';

/** An event as its row: what JSON and PostgreSQL carry unchanged, and bounded. */
export type AuditRow = Readonly<Record<string, unknown>>;

/** Bytes kept of a value: no id, URI or code of ours is longer, and an index takes no 2,700. */
const longestText = 1024;
const mostScopes = 128;
/** Characters of `detail` as JSON. */
const longestDetail = 8192;

/**
 * The row of an event. Longer values are cut, control characters stay (they are data; whoever shows
 * them escapes them), except what the database cannot hold: NUL and halves of surrogate pairs.
 */
export function auditRow(id: string, event: AuditEvent): AuditRow {
  return {
    id,
    at: new Date(Math.round(event.at * 1000)).toISOString(),
    event: storable(event.event),
    client: storable(event.client),
    subject: storable(event.subject),
    audience: storable(event.audience),
    scopes: event.scopes?.slice(0, mostScopes).map(storable),
    code: storable(event.code),
    kid: storable(event.kid),
    jti: storable(event.jti),
    grant_type: storable(event.grantType),
    method: storable(event.method),
    credential: storable(event.credential),
    address: storable(event.address),
    actor: storable(event.actor),
    detail: event.detail && storableDetail(event.detail),
  };
}

function storable(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const cut = isShort(text) ? text : `${firstBytes(text)}…`;
  // eslint-disable-next-line no-control-regex -- NUL is what the database refuses.
  return /[\u0000\ud800-\udfff]/.test(cut) ? wellFormed(cut) : cut;
}

/** A UTF-16 unit is three bytes at most. */
function isShort(text: string): boolean {
  return text.length * 3 <= longestText || Buffer.byteLength(text) <= longestText;
}

/** A character that is cut in two ends as U+FFFD. */
function firstBytes(text: string): string {
  return Buffer.from(text.slice(0, longestText)).subarray(0, longestText).toString();
}

/** UTF-8 has no halves of pairs: encoding replaces them. */
function wellFormed(text: string): string {
  return Buffer.from(text.replaceAll('\0', '\ufffd')).toString();
}

function storableDetail(detail: object): object {
  const text = JSON.stringify(detail);
  if (text.length > longestDetail) return { omitted: `${text.length} characters` };
  // As JSON, both are escapes: \u0000 and \ud800 to \udfff.
  return /\\u(?:0000|d[89a-f])/i.test(text)
    ? (JSON.parse(text, (_name, value: unknown) =>
        typeof value === 'string' ? storable(value) : value,
      ) as object)
    : detail;
}
