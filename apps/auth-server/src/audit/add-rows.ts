import type { AuditRow } from './audit-row.js';

/** Where rows go. */
export interface RowSink {
  /** Adding a row again changes nothing. */
  add(rows: readonly AuditRow[]): Promise<void>;
}

/**
 * Adds rows in one statement. If the database finds fault with their content, each goes alone and
 * those that still are refused are handed to `reject`: one bad row must not hold up all others.
 * Rejects with any other failure; what was added before is not added twice when tried again.
 */
export async function addRows(
  sink: RowSink,
  rows: readonly AuditRow[],
  reject: (row: AuditRow) => void,
): Promise<void> {
  if (await isAdded(sink, rows)) return;
  for (const row of rows) if (!(await isAdded(sink, [row]))) reject(row);
}

async function isAdded(sink: RowSink, rows: readonly AuditRow[]): Promise<boolean> {
  if (rows.length === 0) return true;
  try {
    await sink.add(rows);
    return true;
  } catch (error) {
    if (isFaultOfContent(error)) return false;
    throw error;
  }
}

/** SQLSTATE classes 22 (data), 23 (integrity) and 54 (too large, for an index for instance). */
function isFaultOfContent(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^(?:22|23|54)...$/.test(code);
}
