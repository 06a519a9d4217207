/** Reads the registry out of the database: all of it, what changed, or some clients. */
import type { Versions } from '@countersign/runtime';
import type { Database, Drizzle, Session } from '@countersign/storage';
import { count, gt, inArray, type SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';

import type { RegistryChanges, RegistryRows, RemovedRow } from './registry-rows.js';
import {
  clientIdentitiesTable,
  clientKeysTable,
  clientSecretsTable,
  clientsTable,
  grantsTable,
  issuersTable,
  onBehalfOfTable,
  servicesTable,
  tombstonesTable,
} from './registry.tables.js';

/** When more clients changed than this, reading everything is not slower. */
const mostChangedClients = 1_000;

/** Reads all rows, as one version of the registry has them. */
export function readRegistry(database: Database, versions: Versions): Promise<RegistryRows> {
  return readConsistently(database, async (tx) => ({
    version: await versions.read(tx, 'registry'),
    services: await tx.db.select().from(servicesTable),
    issuers: await tx.db.select().from(issuersTable),
    ...(await readClients(tx.db)),
  }));
}

/**
 * Reads what changed after a version. Undefined when that cannot be told: too much has changed, or
 * what was removed since then is not remembered any more.
 */
export function readChanges(
  database: Database,
  versions: Versions,
  since: number,
): Promise<RegistryChanges | undefined> {
  return readConsistently(database, async (tx) => {
    const { db } = tx;
    const removed = await db
      .select()
      .from(tombstonesTable)
      .where(gt(tombstonesTable.version, since));
    if (removed.some(({ kind }) => kind === 'floor')) return undefined;
    const isNew = gt(clientsTable.version, since);
    const [{ changed = 0 } = {}] = await db
      .select({ changed: count() })
      .from(clientsTable)
      .where(isNew);
    if (changed > mostChangedClients) return undefined;
    return {
      version: await versions.read(tx, 'registry'),
      services: await db.select().from(servicesTable).where(gt(servicesTable.version, since)),
      issuers: await db.select().from(issuersTable).where(gt(issuersTable.version, since)),
      ...(await readClients(db, isNew)),
      removed: removed.map(({ kind, name }) => ({ kind, name }) as RemovedRow),
    };
  });
}

/** Rows of clients and of all that hangs on them. */
export interface ClientTables {
  readonly clients: (typeof clientsTable.$inferSelect)[];
  readonly secrets: (typeof clientSecretsTable.$inferSelect)[];
  readonly keys: (typeof clientKeysTable.$inferSelect)[];
  readonly identities: (typeof clientIdentitiesTable.$inferSelect)[];
  readonly grants: (typeof grantsTable.$inferSelect)[];
  readonly edges: (typeof onBehalfOfTable.$inferSelect)[];
}

/** Reads the clients for which a condition holds, or all of them. */
export async function readClients(db: Drizzle, which?: SQL): Promise<ClientTables> {
  const clients = await db.select().from(clientsTable).where(which);
  const ids = clients.map(({ id }) => id);
  const theirs = (column: PgColumn) => (which ? inArray(column, ids) : undefined);
  return {
    clients,
    secrets: await db
      .select()
      .from(clientSecretsTable)
      .where(theirs(clientSecretsTable.client))
      .orderBy(clientSecretsTable.label),
    keys: await db
      .select()
      .from(clientKeysTable)
      .where(theirs(clientKeysTable.client))
      .orderBy(clientKeysTable.position),
    identities: await db
      .select()
      .from(clientIdentitiesTable)
      .where(theirs(clientIdentitiesTable.client)),
    grants: await db.select().from(grantsTable).where(theirs(grantsTable.client)),
    edges: await db.select().from(onBehalfOfTable).where(theirs(onBehalfOfTable.client)),
  };
}

/** Every statement of `read` sees the same moment. */
export function readConsistently<T>(
  database: Database,
  read: (tx: Session) => Promise<T>,
): Promise<T> {
  return database.transaction(async (tx) => {
    await tx.execute('set transaction isolation level repeatable read, read only');
    return read(tx);
  });
}
