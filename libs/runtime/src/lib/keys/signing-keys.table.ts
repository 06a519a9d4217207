import { fileURLToPath } from 'node:url';

import type { AsymmetricAlgorithm, SigningJwk } from '@countersign/token';
import type { Migrations } from '@countersign/storage';
import { jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

/** Signing keys of a service; the private halves are sealed. @internal */
export const signingKeysTable = pgTable('signing_keys', {
  kid: text().primaryKey(),
  service: text().notNull(),
  algorithm: text().$type<AsymmetricAlgorithm>().notNull(),
  publicJwk: jsonb('public_jwk').$type<SigningJwk>().notNull(),
  sealedPrivateJwk: text('sealed_private_jwk').notNull(),
  state: text().$type<'active' | 'retiring' | 'retired'>().notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
});

/** The migrations of `SigningKeysModule`: list them in `DatabaseModule.forRoot`. @publicApi */
export const signingKeysMigrations: Migrations = {
  owner: 'signing_keys',
  folder: fileURLToPath(new URL('../../../migrations', import.meta.url)),
};
