/** Writes documents as rows. Nothing is checked here: `RegistryChange` did. */
import type { Drizzle } from '@countersign/storage';
import { and, eq, getTableColumns, inArray, sql, type SQL } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';

import type {
  ClientDocument,
  IssuerDocument,
  SecretDocument,
  ServiceDocument,
} from '../documents/documents.js';
import type { ClientTables } from '../read-registry.js';
import {
  clientIdentitiesTable,
  clientKeysTable,
  clientSecretsTable,
  clientsTable,
  grantsTable,
  issuersTable,
  onBehalfOfTable,
  servicesTable,
} from '../registry.tables.js';
import { newSecretId } from '../secret.js';
import { chunksOf } from './chunks-of.js';
import { forgetRemoval } from './tombstones.js';

/** Adds or replaces services. */
export async function writeServices(
  db: Drizzle,
  documents: readonly ServiceDocument[],
  version: number,
): Promise<void> {
  const rows = documents.map((document) => ({
    name: document.name,
    audience: document.audience,
    scopes: document.scopes,
    tokenLifetime: document.tokenLifetime ?? null,
    algorithm: document.algorithm ?? null,
    encryptionKey: document.encryptionKey ?? null,
    version,
  }));
  for (const values of chunksOf(rows)) {
    const set = replacing(servicesTable, ['name', 'createdAt', 'builtIn']);
    await db
      .insert(servicesTable)
      .values(values)
      .onConflictDoUpdate({ target: servicesTable.name, set });
  }
  await forgetRemoval(
    db,
    'service',
    documents.map(({ name }) => name),
  );
}

/** Adds or replaces trusted issuers. */
export async function writeIssuers(
  db: Drizzle,
  documents: readonly IssuerDocument[],
  version: number,
): Promise<void> {
  const rows = documents.map(({ keys, ca, ...document }) => ({
    ...document,
    jwks: keys.jwks ?? null,
    jwksUri: keys.jwksUri ?? null,
    discover: keys.discover ?? false,
    ca: ca ?? null,
    version,
  }));
  for (const values of chunksOf(rows)) {
    const set = replacing(issuersTable, ['name', 'createdAt']);
    await db
      .insert(issuersTable)
      .values(values)
      .onConflictDoUpdate({ target: issuersTable.name, set });
  }
  await forgetRemoval(
    db,
    'issuer',
    documents.map(({ name }) => name),
  );
}

/**
 * Adds or replaces clients with all that hangs on them. A secret that stays the same keeps its id and
 * its last use; secrets stay as they are where the document has none.
 */
export async function writeClients(
  db: Drizzle,
  documents: readonly ClientDocument[],
  before: ClientTables,
  version: number,
): Promise<void> {
  const rows = documents.map(({ id, service, keys, algorithms }) => ({
    id,
    service: service ?? null,
    jwksUri: keys?.jwksUri ?? null,
    networks: keys?.networks ?? [],
    ca: keys?.ca ?? null,
    algorithms,
    version,
  }));
  for (const values of chunksOf(rows)) {
    const set = replacing(clientsTable, ['id', 'createdAt']);
    await db
      .insert(clientsTable)
      .values(values)
      .onConflictDoUpdate({ target: clientsTable.id, set });
  }
  for (const some of chunksOf(documents)) await writeHoldings(db, some);
  await writeSecrets(db, documents, before.secrets);
  await forgetRemoval(
    db,
    'client',
    documents.map(({ id }) => id),
  );
}

async function writeHoldings(db: Drizzle, documents: readonly ClientDocument[]): Promise<void> {
  const ids = documents.map(({ id }) => id);
  for (const table of [clientKeysTable, clientIdentitiesTable, grantsTable, onBehalfOfTable]) {
    await db.delete(table).where(inArray(table.client, ids));
  }
  const keys = documents.flatMap(({ id: client, keys: all }) =>
    (all?.jwks ?? []).map((jwk, position) => ({ client, position, jwk })),
  );
  const identities = documents.flatMap(({ id: client, identities: all }) =>
    all.map((identity) => ({ client, ...identity })),
  );
  const grants = documents.flatMap(({ id: client, grants: all }) =>
    all.map(({ expires, ...grant }) => ({ client, ...grant, expiresAt: dateOf(expires) })),
  );
  const edges = documents.flatMap(({ id: client, onBehalfOf: all }) =>
    all.map(({ expires, ...edge }) => ({ client, ...edge, expiresAt: dateOf(expires) })),
  );
  for (const values of chunksOf(keys)) await db.insert(clientKeysTable).values(values);
  for (const values of chunksOf(identities)) await db.insert(clientIdentitiesTable).values(values);
  for (const values of chunksOf(grants)) await db.insert(grantsTable).values(values);
  for (const values of chunksOf(edges)) await db.insert(onBehalfOfTable).values(values);
}

async function writeSecrets(
  db: Drizzle,
  documents: readonly ClientDocument[],
  before: ClientTables['secrets'],
): Promise<void> {
  const wanted = documents.flatMap(({ id: client, secrets = [] }) =>
    secrets.map((secret) => ({ client, ...secret })),
  );
  const replaced = new Set(documents.flatMap(({ id, secrets }) => (secrets ? [id] : [])));
  const kept = new Set(wanted.map(secretKey));
  const gone = before.filter((row) => replaced.has(row.client) && !kept.has(secretKey(row)));
  for (const some of chunksOf(gone.map(({ id }) => id))) {
    await db.delete(clientSecretsTable).where(inArray(clientSecretsTable.id, [...some]));
  }
  const known = new Map(before.map((row) => [secretKey(row), row]));
  const added = wanted.filter((secret) => !known.has(secretKey(secret)));
  const values = added.map(({ client, ...secret }) => secretRow(client, secret, newSecretId()));
  for (const some of chunksOf(values)) await db.insert(clientSecretsTable).values(some);
  for (const secret of wanted) {
    const row = known.get(secretKey(secret));
    const expiresAt = dateOf(secret.expires);
    if (!row || row.expiresAt?.getTime() === expiresAt?.getTime()) continue;
    const where = and(eq(clientSecretsTable.client, row.client), eq(clientSecretsTable.id, row.id));
    await db.update(clientSecretsTable).set({ expiresAt }).where(where);
  }
}

/** The row of a secret. */
export function secretRow(client: string, secret: SecretDocument, id: string) {
  const { label, sha256, expires } = secret;
  return { client, id, label, sha256, expiresAt: dateOf(expires) };
}

/** Another digest under the same label is another secret. */
function secretKey({ client, label, sha256 }: { client: string; label: string; sha256: string }) {
  return `${client} ${sha256} ${label}`;
}

/** Every column but some takes the value that could not be inserted. */
function replacing<Table extends PgTable>(
  table: Table,
  kept: readonly string[],
): { [Column in keyof Table['$inferInsert']]?: SQL } {
  const columns = Object.entries(getTableColumns(table)).filter(([name]) => !kept.includes(name));
  return Object.fromEntries(
    columns.map(([name, column]) => [name, sql`excluded.${sql.identifier(column.name)}`]),
  ) as { [Column in keyof Table['$inferInsert']]?: SQL };
}

function dateOf(expires: string | undefined): Date | null {
  return expires === undefined ? null : new Date(expires);
}
