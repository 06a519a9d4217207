import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Copies a migrations folder as it was when it held only the first `count`: what an older version
 * of an app brought its database to. Rejects when it never held that many.
 *
 * @example
 * const old = await openDatabase({ migrations: await firstMigrations(migrations, 1, into) });
 * @publicApi
 */
export async function firstMigrations(
  folder: string,
  count: number,
  into: string,
): Promise<string> {
  await cp(folder, into, { recursive: true });
  const path = join(into, 'meta/_journal.json');
  const journal = JSON.parse(await readFile(path, 'utf8')) as { entries: unknown[] };
  if (journal.entries.length < count) throw new Error(`${folder} holds fewer than ${count}`);
  await writeFile(path, JSON.stringify({ ...journal, entries: journal.entries.slice(0, count) }));
  return into;
}
