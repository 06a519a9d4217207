import type { Versions } from '@countersign/runtime';
import type { Database, Drizzle, Session } from '@countersign/storage';

import type { RegistryRows } from './registry-rows.js';
import {
  clientIdentitiesTable,
  clientKeysTable,
  clientSecretsTable,
  clientsTable,
  grantsTable,
  issuersTable,
  onBehalfOfTable,
  servicesTable,
} from './registry.tables.js';

/** Reads all rows, as one version of the registry has them. */
export function readRegistry(database: Database, versions: Versions): Promise<RegistryRows> {
  return readConsistently(database, async (tx) => ({
    version: await versions.read(tx, 'registry'),
    ...(await readAll(tx.db)),
  }));
}

/** Every statement of `read` sees the same moment. */
function readConsistently<T>(database: Database, read: (tx: Session) => Promise<T>): Promise<T> {
  return database.transaction(async (tx) => {
    await tx.execute('set transaction isolation level repeatable read, read only');
    return read(tx);
  });
}

async function readAll(db: Drizzle): Promise<Required<Omit<RegistryRows, 'version'>>> {
  return {
    services: await db.select().from(servicesTable),
    clients: await db.select().from(clientsTable),
    secrets: await db.select().from(clientSecretsTable),
    keys: await db.select().from(clientKeysTable).orderBy(clientKeysTable.position),
    identities: await db.select().from(clientIdentitiesTable),
    grants: await db.select().from(grantsTable),
    edges: await db.select().from(onBehalfOfTable),
    issuers: await db.select().from(issuersTable),
  };
}
