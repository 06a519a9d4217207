/** Writes documents as rows. Nothing is checked here: `putDocuments` did. */
import type { Session } from '@countersign/storage';
import { inArray } from 'drizzle-orm';

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
  grantsTable,
  onBehalfOfTable,
} from '../registry.tables.js';
import { newSecretId } from '../secret.js';
import { chunksOf } from './chunks-of.js';
import { forgetRemoval } from './tombstones.js';
import { upsertRows } from './upsert-rows.js';

/** Adds or replaces services. */
export async function writeServices(
  tx: Session,
  documents: readonly ServiceDocument[],
  version: number,
): Promise<void> {
  const rows = documents.map((document) => ({
    name: document.name,
    audience: document.audience,
    scopes: document.scopes,
    token_lifetime: document.tokenLifetime ?? null,
    algorithm: document.algorithm ?? null,
    encryption_key: document.encryptionKey ?? null,
    version,
  }));
  await upsertRows(tx, 'services', ['name'], rows);
  const names = documents.map(({ name }) => name);
  await forgetRemoval(tx.db, 'service', names);
}

/** Adds or replaces trusted issuers. */
export async function writeIssuers(
  tx: Session,
  documents: readonly IssuerDocument[],
  version: number,
): Promise<void> {
  const rows = documents.map(({ keys, ca, maxLifetime, ...document }) => ({
    ...document,
    max_lifetime: maxLifetime,
    jwks: keys.jwks ?? null,
    jwks_uri: keys.jwksUri ?? null,
    discover: keys.discover ?? false,
    ca: ca ?? null,
    version,
  }));
  await upsertRows(tx, 'issuers', ['name'], rows);
  const names = documents.map(({ name }) => name);
  await forgetRemoval(tx.db, 'issuer', names);
}

/**
 * Adds or replaces clients with all that hangs on them. A secret that stays the same keeps its id and
 * its last use; secrets stay as they are where the document has none.
 */
export async function writeClients(
  tx: Session,
  documents: readonly ClientDocument[],
  before: ClientTables,
  version: number,
): Promise<void> {
  const rows = documents.map(({ id, service, keys, algorithms, ...document }) => ({
    id,
    service: service ?? null,
    jwks_uri: keys?.jwksUri ?? null,
    networks: keys?.networks ?? [],
    ca: keys?.ca ?? null,
    algorithms,
    certificate: document.certificate ?? null,
    login: document.login ?? null,
    dpop_bound: document.dpopBoundAccessTokens,
    certificate_bound: document.certificateBoundAccessTokens,
    version,
  }));
  const ids = documents.map(({ id }) => id);
  await upsertRows(tx, 'clients', ['id'], rows);
  await removeHoldings(tx, ids);
  await writeHoldings(tx, documents);
  await writeSecrets(tx, documents, before.secrets);
  await forgetRemoval(tx.db, 'client', ids);
}

async function removeHoldings({ db }: Session, ids: readonly string[]): Promise<void> {
  for (const some of chunksOf(ids)) {
    for (const table of [clientKeysTable, clientIdentitiesTable, grantsTable, onBehalfOfTable]) {
      await db.delete(table).where(inArray(table.client, some));
    }
  }
}

async function writeHoldings(tx: Session, documents: readonly ClientDocument[]): Promise<void> {
  const rowsOf = <Item, Row>(
    list: (document: ClientDocument) => Item[],
    row: (item: Item, at: number) => Row,
  ) =>
    documents.flatMap((document) =>
      list(document).map((item, at) => ({ client: document.id, ...row(item, at) })),
    );
  const keys = rowsOf(
    (one) => one.keys?.jwks ?? [],
    (jwk, position) => ({ position, jwk }),
  );
  const identities = rowsOf(
    (one) => one.identities,
    (identity) => identity,
  );
  const grants = rowsOf((one) => one.grants, withExpiry);
  const edges = rowsOf((one) => one.onBehalfOf, withExpiry);
  await upsertRows(tx, 'client_keys', ['client', 'position'], keys);
  await upsertRows(tx, 'client_identities', ['client', 'issuer', 'subject'], identities);
  await upsertRows(tx, 'grants', ['client', 'service'], grants);
  await upsertRows(tx, 'on_behalf_of', ['client', 'source', 'target'], edges);
}

async function writeSecrets(
  tx: Session,
  documents: readonly ClientDocument[],
  before: ClientTables['secrets'],
): Promise<void> {
  const replaced = new Set(documents.flatMap(({ id, secrets }) => (secrets ? [id] : [])));
  const known = new Map(before.map((row) => [secretKey(row), row]));
  const rows = documents.flatMap(({ id: client, secrets = [] }) =>
    secrets.map((secret) => {
      const id = known.get(secretKey({ client, ...secret }))?.id ?? newSecretId();
      return secretRow(client, secret, id);
    }),
  );
  const kept = new Set(rows.map(({ id }) => id));
  const gone = before.filter(({ client, id }) => replaced.has(client) && !kept.has(id));
  for (const some of chunksOf(gone.map(({ id }) => id))) {
    await tx.db.delete(clientSecretsTable).where(inArray(clientSecretsTable.id, some));
  }
  await upsertRows(tx, 'client_secrets', ['client', 'label'], rows);
}

/** Adds a secret to those a client has. */
export async function writeSecret(
  tx: Session,
  client: string,
  secret: SecretDocument,
  id: string,
): Promise<void> {
  await upsertRows(tx, 'client_secrets', ['client', 'label'], [secretRow(client, secret, id)]);
}

function secretRow(client: string, secret: SecretDocument, id: string) {
  const { expires_at, label, sha256 } = withExpiry(secret);
  return { client, id, label, sha256, expires_at };
}

/** Another digest under the same label is another secret. */
function secretKey({ client, label, sha256 }: { client: string; label: string; sha256: string }) {
  return `${client} ${sha256} ${label}`;
}

function withExpiry<Item extends { readonly expires?: string | undefined }>({
  expires,
  ...item
}: Item) {
  return { ...item, expires_at: expires ?? null };
}
