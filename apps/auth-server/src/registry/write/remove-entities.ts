import type { Drizzle } from '@countersign/storage';
import { eq, or } from 'drizzle-orm';

import { RegistryConflict } from '../registry-errors.js';
import {
  clientIdentitiesTable,
  clientsTable,
  grantsTable,
  issuersTable,
  onBehalfOfTable,
  servicesTable,
} from '../registry.tables.js';
import type { ChangeLog, EntityKind } from './change-log.js';
import { pruneTombstones, rememberRemoval } from './tombstones.js';

/** How many of those that refer to something are named. */
const few = 5;

/** Removes a service. Refuses (RegistryConflict) one that clients still hold something of. */
export async function removeService(log: ChangeLog, name: string): Promise<void> {
  refuseInUse(await clientsThatUse(log.tx.db, name));
  await log.tx.db.delete(servicesTable).where(eq(servicesTable.name, name));
  await removed(log, 'service', name);
}

/** Removes a trusted issuer. Refuses (RegistryConflict) one that identities of clients name. */
export async function removeIssuer(log: ChangeLog, name: string): Promise<void> {
  const users = await log.tx.db
    .selectDistinct({ id: clientIdentitiesTable.client })
    .from(clientIdentitiesTable)
    .where(eq(clientIdentitiesTable.issuer, name))
    .limit(few);
  refuseInUse(users);
  await log.tx.db.delete(issuersTable).where(eq(issuersTable.name, name));
  await removed(log, 'issuer', name);
}

/** Removes a client with all that hangs on it. */
export async function removeClient(log: ChangeLog, id: string): Promise<void> {
  await log.tx.db.delete(clientsTable).where(eq(clientsTable.id, id));
  await removed(log, 'client', id);
}

async function removed(log: ChangeLog, kind: EntityKind, name: string): Promise<void> {
  await pruneTombstones(log.tx.db);
  await rememberRemoval(log.tx.db, kind, name, log.version);
  await log.record(kind, name, `${kind}.removed`);
}

async function clientsThatUse(db: Drizzle, service: string): Promise<{ id: string }[]> {
  const own = await db
    .select({ id: clientsTable.id })
    .from(clientsTable)
    .where(eq(clientsTable.service, service))
    .limit(few);
  const granted = await db
    .select({ id: grantsTable.client })
    .from(grantsTable)
    .where(eq(grantsTable.service, service))
    .limit(few);
  const exchanging = await db
    .select({ id: onBehalfOfTable.client })
    .from(onBehalfOfTable)
    .where(or(eq(onBehalfOfTable.source, service), eq(onBehalfOfTable.target, service)))
    .limit(few);
  return [...own, ...granted, ...exchanging];
}

function refuseInUse(clients: readonly { readonly id: string }[]): void {
  const names = [...new Set(clients.map(({ id }) => id))].slice(0, few);
  if (names.length === 0) return;
  throw new RegistryConflict('in-use', `it is in use by ${names.join(', ')}`);
}
