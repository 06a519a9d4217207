import { fileURLToPath } from 'node:url';

import type { Migrations } from '@countersign/storage';
import { pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

/** What tokens can be meant for. */
export const servicesTable = pgTable('services', {
  name: text().primaryKey(),
  /** Unique, which PostgreSQL checks when a transaction ends. */
  audience: text().notNull(),
  scopes: text().array().notNull(),
});

/** Who may ask for tokens. */
export const clientsTable = pgTable('clients', {
  id: text().primaryKey(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
});

/** Several live secrets per client, so that one can be replaced without an outage. */
export const clientSecretsTable = pgTable(
  'client_secrets',
  {
    client: text().notNull(),
    label: text().notNull(),
    /** base64url. The secrets are 256 random bits: a slow hash would protect nothing. */
    sha256: text().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    expiresAt: timestamp('expires_at', { withTimezone: true }),
  },
  (table) => [primaryKey({ columns: [table.client, table.label] })],
);

/** What a client may do at a service, and for which users it may speak there. */
export const grantsTable = pgTable(
  'grants',
  {
    client: text().notNull(),
    service: text().notNull(),
    scopes: text().array().notNull(),
    subjects: text().array().notNull(),
  },
  (table) => [primaryKey({ columns: [table.client, table.service] })],
);

/** The migrations of these tables. */
export const registryMigrations: Migrations = {
  owner: 'auth_server',
  folder: fileURLToPath(new URL('../../migrations', import.meta.url)),
};
