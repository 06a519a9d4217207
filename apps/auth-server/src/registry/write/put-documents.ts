import type { Drizzle } from '@countersign/storage';
import { inArray, sql } from 'drizzle-orm';

import type { ClientDocument } from '../documents/documents.js';
import { readClients, type ClientTables } from '../read-registry.js';
import { RegistryInvalid } from '../registry-errors.js';
import { rowsOfClients } from '../registry-rows.js';
import {
  clientIdentitiesTable,
  clientsTable,
  issuersTable,
  servicesTable,
} from '../registry.tables.js';
import type { ChangeLog, EntityKind } from './change-log.js';
import { checkReferences, type DocumentSet, type Surroundings } from './check-references.js';
import { chunksOf } from './chunks-of.js';
import { describeChange } from './describe-change.js';
import {
  clientOfRows,
  differences,
  issuerOfRow,
  serviceOfRow,
  type StoredClient,
} from './to-document.js';
import { writeClients, writeIssuers, writeServices } from './write-documents.js';

/** What is there before documents are written. */
interface Before {
  readonly services: (typeof servicesTable.$inferSelect)[];
  readonly issuers: (typeof issuersTable.$inferSelect)[];
  readonly issuersInUse: ReadonlySet<string>;
  readonly lookAlikes: ReadonlyMap<string, string>;
  /** The clients of the set that are there. */
  readonly tables: ClientTables;
  readonly clients: ReadonlyMap<string, StoredClient>;
}

/**
 * Adds documents or replaces what has their names, whole; what changes nothing is not written. A
 * client without `secrets` keeps those it has.
 *
 * Refuses (RegistryInvalid, every problem at once, nothing written) what refers to something that is
 * not there or takes what is somebody else's.
 */
export async function putDocuments(log: ChangeLog, set: DocumentSet): Promise<void> {
  const before = await readBefore(log.tx.db, set);
  const problems = checkReferences(set, surroundings(log, set, before));
  if (problems.length > 0) throw new RegistryInvalid(problems);
  await putServices(log, set, before);
  await putIssuers(log, set, before);
  await putClients(log, set, before);
}

async function putServices(log: ChangeLog, set: DocumentSet, { services }: Before): Promise<void> {
  const known = new Map(services.map((row) => [row.name, serviceOfRow(row)]));
  const changed = set.services.filter((one) => isChange(known.get(one.name), one));
  await writeServices(log.tx, changed, log.version);
  for (const one of changed) await record(log, 'service', one.name, known.get(one.name), one);
}

async function putIssuers(log: ChangeLog, set: DocumentSet, { issuers }: Before): Promise<void> {
  const known = new Map(issuers.map((row) => [row.name, issuerOfRow(row)]));
  const changed = set.issuers.filter((one) => isChange(known.get(one.name), one));
  await writeIssuers(log.tx, changed, log.version);
  for (const one of changed) await record(log, 'issuer', one.name, known.get(one.name), one);
}

async function putClients(log: ChangeLog, set: DocumentSet, before: Before): Promise<void> {
  const known = before.clients;
  const complete = (one: ClientDocument): StoredClient => ({
    ...one,
    secrets: one.secrets ?? known.get(one.id)?.secrets ?? [],
  });
  const changed = set.clients.filter((one) => isChange(known.get(one.id), complete(one)));
  await writeClients(log.tx, changed, before.tables, log.version);
  for (const one of changed) await record(log, 'client', one.id, known.get(one.id), complete(one));
}

function isChange(before: object | undefined, after: object): boolean {
  return before === undefined || differences(before, after).length > 0;
}

async function record(
  log: ChangeLog,
  kind: EntityKind,
  name: string,
  before: object | undefined,
  after: object,
): Promise<void> {
  const what = before ? `${kind}.changed` : `${kind}.added`;
  await log.record(kind, name, what, describeChange(before, after));
}

function surroundings(log: ChangeLog, set: DocumentSet, before: Before): Surroundings {
  return {
    ownIssuer: log.context.ownIssuer,
    services: new Map([...before.services, ...set.services].map((one) => [one.name, one])),
    issuers: new Map([...before.issuers, ...set.issuers].map((one) => [one.name, one])),
    issuersInUse: before.issuersInUse,
    lookAlikes: before.lookAlikes,
  };
}

async function readBefore(db: Drizzle, set: DocumentSet): Promise<Before> {
  const ids = set.clients.map(({ id }) => id);
  const tables = await readClientsOf(db, ids);
  const inUse = await db
    .selectDistinct({ issuer: clientIdentitiesTable.issuer })
    .from(clientIdentitiesTable);
  return {
    services: await db.select().from(servicesTable),
    issuers: await db.select().from(issuersTable),
    issuersInUse: new Set(inUse.map(({ issuer }) => issuer)),
    lookAlikes: await findLookAlikes(db, ids),
    tables,
    clients: new Map(
      rowsOfClients(clientRows(tables)).map((all) => [all.client.id, clientOfRows(all)]),
    ),
  };
}

/** Of many clients, reading all there are is cheaper than asking for each. */
function readClientsOf(db: Drizzle, ids: readonly string[]): Promise<ClientTables> {
  return readClients(db, ids.length > 1_000 ? undefined : inArray(clientsTable.id, [...ids]));
}

const clientRows = (tables: ClientTables) => ({ services: [], ...tables });

/** Clients whose ids differ from one of these by the case of letters only. */
async function findLookAlikes(
  db: Drizzle,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const byLower = new Map(ids.map((id) => [id.toLowerCase(), id]));
  const found = new Map<string, string>();
  for (const some of chunksOf([...byLower.keys()])) {
    const rows = await db
      .select({ id: clientsTable.id })
      .from(clientsTable)
      .where(inArray(sql`lower(${clientsTable.id})`, some));
    for (const { id } of rows) {
      const twin = byLower.get(id.toLowerCase());
      if (twin !== undefined && twin !== id) found.set(twin, id);
    }
  }
  return found;
}
