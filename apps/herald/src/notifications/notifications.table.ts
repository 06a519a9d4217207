import { integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

import type { NotificationType } from '../mail/compose-mail.js';

/** `pending` until the mail has left (`delivered`) or will never leave by itself (`failed`). */
export const notificationStates = ['pending', 'delivered', 'failed'] as const;

/** One of the states. */
export type NotificationState = (typeof notificationStates)[number];

/**
 * Table of everything Herald was asked to say; its SQL is in `migrations/`.
 * Address, name and link stand in it only while the mail still has to leave; the link sealed.
 */
export const notifications = pgTable('notifications', {
  id: uuid('id').primaryKey(),
  userUri: text('user_uri').notNull(),
  requestedBy: text('requested_by').notNull(),
  caller: text('caller').notNull(),
  type: text('type').$type<NotificationType>().notNull(),
  state: text('state').$type<NotificationState>().notNull().default('pending'),
  messageId: text('message_id').notNull().unique(),
  address: text('address'),
  name: text('name'),
  sealedLink: text('sealed_link'),
  attempts: integer('attempts').notNull().default(0),
  reason: text('reason'),
  pendingSince: timestamp('pending_since', { withTimezone: true }).notNull().defaultNow(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
});

/** One row of it. */
export type Notification = Readonly<typeof notifications.$inferSelect>;
