import type { Session } from '@countersign/storage';

/** Rows per statement: one parameter holds them all, as JSON. */
const most = 5_000;

/**
 * Inserts rows, or replaces the given columns of those with the same key; columns that are not given
 * stay as they are. The names of columns are the members of the rows, and come from our code only.
 */
export async function upsertRows<Row extends object>(
  tx: Session,
  table: string,
  key: readonly (keyof Row & string)[],
  rows: readonly Row[],
): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const columns = Object.keys(first);
  const list = columns.map((name) => `"${name}"`).join(', ');
  const values = columns
    .filter((name) => !(key as readonly string[]).includes(name))
    .map((name) => `"${name}" = excluded."${name}"`);
  const action = values.length === 0 ? 'nothing' : `update set ${values.join(', ')}`;
  const text = `insert into ${table} (${list})
    select ${list} from jsonb_populate_recordset(null::${table}, $1::jsonb)
    on conflict (${key.join(', ')}) do ${action}`;
  for (let at = 0; at < rows.length; at += most) {
    await tx.execute(text, [JSON.stringify(rows.slice(at, at + most))]);
  }
}
