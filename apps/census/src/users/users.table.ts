import { sql } from 'drizzle-orm';
import { bigint, pgTable, text } from 'drizzle-orm/pg-core';

/** What a user may be in Census: administrators see and change everybody. */
export const roles = ['member', 'administrator'] as const;

/** One of the roles. */
export type Role = (typeof roles)[number];

/** The version that a row gets when it is written; never given twice. */
export const nextVersion = sql<number>`nextval('users_version')`;

/** Table of the people Census knows; its SQL is in `migrations/`. Addresses are unique in any case. */
export const users = pgTable('users', {
  id: bigint('id', { mode: 'number' }).primaryKey(),
  name: text('name').notNull(),
  email: text('email').notNull(),
  team: text('team').notNull(),
  role: text('role').$type<Role>().notNull().default('member'),
  version: bigint('version', { mode: 'number' }).notNull().default(nextVersion),
});

/** One person. */
export type User = Readonly<typeof users.$inferSelect>;
