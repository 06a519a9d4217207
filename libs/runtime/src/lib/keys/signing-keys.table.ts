import { fileURLToPath } from 'node:url';

import type { AsymmetricAlgorithm, SigningJwk } from '@countersign/token';
import type { Migrations } from '@countersign/storage';
import { boolean, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

import type { KeyState } from './ring.js';

/** Signing keys of a service; the private halves are sealed. @internal */
export const signingKeysTable = pgTable('signing_keys', {
  kid: text().primaryKey(),
  service: text().notNull(),
  algorithm: text().$type<AsymmetricAlgorithm>().notNull(),
  publicJwk: jsonb('public_jwk').$type<SigningJwk>().notNull(),
  /** Gone when the key stops signing: what is not there cannot sign again. */
  sealedPrivateJwk: text('sealed_private_jwk'),
  state: text().$type<KeyState>().notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  /** When the key came into its state. */
  since: timestamp({ withTimezone: true }).notNull().defaultNow(),
  compromised: boolean().notNull().default(false),
});

/** The migrations of `SigningKeysModule`: list them in `DatabaseModule.forRoot`. @publicApi */
export const signingKeysMigrations: Migrations = {
  owner: 'signing_keys',
  folder: fileURLToPath(new URL('../../../migrations', import.meta.url)),
};
