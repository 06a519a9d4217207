import type { JsonWebKey } from 'node:crypto';
import { fileURLToPath } from 'node:url';

import type { Migrations } from '@countersign/storage';
import type { AsymmetricAlgorithm } from '@countersign/token';
import {
  bigint,
  boolean,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core';

import type { CertificateNames, LoginSettings } from './registry-rows.js';

const instant = (name: string) => timestamp(name, { withTimezone: true });
const createdAt = () => instant('created_at').notNull().defaultNow();
/** The registry's version that changed the row, or what hangs on it, last. */
const version = () => bigint({ mode: 'number' }).notNull();

/** What tokens can be meant for. */
export const servicesTable = pgTable('services', {
  name: text().primaryKey(),
  /** Unique, which PostgreSQL checks when a transaction ends. */
  audience: text().notNull(),
  scopes: text().array().notNull(),
  /** Seconds. */
  tokenLifetime: integer('token_lifetime'),
  algorithm: text().$type<AsymmetricAlgorithm>(),
  encryptionKey: jsonb('encryption_key').$type<JsonWebKey>(),
  builtIn: boolean('built_in').notNull().default(false),
  createdAt: createdAt(),
  version: version(),
});

/** Who may ask for tokens. */
export const clientsTable = pgTable('clients', {
  id: text().primaryKey(),
  service: text(),
  jwksUri: text('jwks_uri'),
  networks: text().array().notNull(),
  ca: text(),
  algorithms: text().array().$type<AsymmetricAlgorithm[]>().notNull(),
  certificate: jsonb().$type<CertificateNames>(),
  login: jsonb().$type<LoginSettings>(),
  dpopBound: boolean('dpop_bound').notNull(),
  certificateBound: boolean('certificate_bound').notNull(),
  createdAt: createdAt(),
  version: version(),
});

/** Several live secrets per client, so that one can be replaced without an outage. */
export const clientSecretsTable = pgTable(
  'client_secrets',
  {
    client: text().notNull(),
    label: text().notNull(),
    id: text().notNull(),
    /** base64url. The secrets are 256 random bits: a slow hash would protect nothing. */
    sha256: text().notNull(),
    createdAt: createdAt(),
    expiresAt: instant('expires_at'),
    /** To the minute; written in batches, and no change of the registry. */
    lastUsedAt: instant('last_used_at'),
  },
  (table) => [primaryKey({ columns: [table.client, table.label] })],
);

/** Public keys that a client registered inline. */
export const clientKeysTable = pgTable(
  'client_keys',
  {
    client: text().notNull(),
    position: integer().notNull(),
    jwk: jsonb().$type<JsonWebKey>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.client, table.position] })],
);

/** Workloads that are a client without holding a credential of ours. */
export const clientIdentitiesTable = pgTable(
  'client_identities',
  {
    client: text().notNull(),
    issuer: text().notNull(),
    subject: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.client, table.issuer, table.subject] })],
);

/** What a client may do at a service, and for which users it may speak there. */
export const grantsTable = pgTable(
  'grants',
  {
    client: text().notNull(),
    service: text().notNull(),
    scopes: text().array().notNull(),
    subjects: text().array().notNull(),
    expiresAt: instant('expires_at'),
    reason: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.client, table.service] })],
);

/** What a client may exchange a token for one service into, towards another. */
export const onBehalfOfTable = pgTable(
  'on_behalf_of',
  {
    client: text().notNull(),
    source: text().notNull(),
    target: text().notNull(),
    scopes: text().array().notNull(),
    impersonation: boolean().notNull(),
    expiresAt: instant('expires_at'),
    reason: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.client, table.source, table.target] })],
);

/** Others whose tokens are believed, within bounds. */
export const issuersTable = pgTable('issuers', {
  name: text().primaryKey(),
  kind: text().$type<'users' | 'workloads'>().notNull(),
  issuer: text().notNull(),
  jwks: jsonb().$type<JsonWebKey[]>(),
  jwksUri: text('jwks_uri'),
  discover: boolean().notNull(),
  algorithms: text().array().$type<AsymmetricAlgorithm[]>().notNull(),
  /** Seconds. */
  maxLifetime: integer('max_lifetime').notNull(),
  subjects: text().array().notNull(),
  scopes: text().array().notNull(),
  networks: text().array().notNull(),
  ca: text(),
  createdAt: createdAt(),
  version: version(),
});

/** What was removed, for replicas that read only what changed. */
export const tombstonesTable = pgTable(
  'registry_tombstones',
  {
    kind: text().$type<'service' | 'client' | 'issuer' | 'floor'>().notNull(),
    name: text().notNull(),
    version: version(),
    removedAt: instant('removed_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.kind, table.name] })],
);

/** The migrations of these tables. */
export const registryMigrations: Migrations = {
  owner: 'auth_server',
  folder: fileURLToPath(new URL('../../migrations/registry', import.meta.url)),
};
