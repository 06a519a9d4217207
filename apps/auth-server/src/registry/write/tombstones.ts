import type { Drizzle } from '@countersign/storage';
import { and, eq, inArray, sql } from 'drizzle-orm';

import { tombstonesTable } from '../registry.tables.js';
import { chunksOf } from './chunks-of.js';

/** What was removed, for replicas that read only what changed. */
export async function rememberRemoval(
  db: Drizzle,
  kind: 'service' | 'client' | 'issuer',
  name: string,
  version: number,
): Promise<void> {
  await db
    .insert(tombstonesTable)
    .values({ kind, name, version })
    .onConflictDoUpdate({
      target: [tombstonesTable.kind, tombstonesTable.name],
      set: { version, removedAt: sql`now()` },
    });
}

/** What is there again is not removed. */
export async function forgetRemoval(
  db: Drizzle,
  kind: 'service' | 'client' | 'issuer',
  names: readonly string[],
): Promise<void> {
  for (const some of chunksOf(names)) {
    const where = and(eq(tombstonesTable.kind, kind), inArray(tombstonesTable.name, [...some]));
    await db.delete(tombstonesTable).where(where);
  }
}

/**
 * Drops tombstones older than a day and keeps the newest version of them as the floor: a replica that
 * has not looked since then reads everything.
 */
export async function pruneTombstones(db: Drizzle): Promise<void> {
  const isOld = sql`${tombstonesTable.kind} <> 'floor' and ${tombstonesTable.removedAt} < now() - interval '1 day'`;
  const gone = await db
    .delete(tombstonesTable)
    .where(isOld)
    .returning({ version: tombstonesTable.version });
  if (gone.length === 0) return;
  const version = Math.max(...gone.map((row) => row.version));
  await db
    .insert(tombstonesTable)
    .values({ kind: 'floor', name: '', version })
    .onConflictDoUpdate({
      target: [tombstonesTable.kind, tombstonesTable.name],
      set: { version: sql`greatest(${tombstonesTable.version}, excluded.version)` },
    });
}
