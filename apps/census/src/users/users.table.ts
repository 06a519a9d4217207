import { bigint, pgTable, text } from 'drizzle-orm/pg-core';

/** Table of the people Census knows; its SQL is `migrations/0000_users.sql`. */
export const users = pgTable('users', {
  id: bigint('id', { mode: 'number' }).primaryKey(),
  name: text('name').notNull(),
  email: text('email').notNull(),
  team: text('team').notNull(),
});

/** One person. */
export type User = Readonly<typeof users.$inferSelect>;
