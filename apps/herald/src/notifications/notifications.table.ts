import { integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

import type { NotificationType } from '../mail/compose-mail.js';

/** `pending` until the mail has left or will never leave. */
export type NotificationState = 'pending' | 'delivered' | 'failed';

/**
 * Table of everything Herald was asked to say; its SQL is `migrations/0000_notifications.sql`.
 * Address and name stand in it only while the mail still has to leave.
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
  attempts: integer('attempts').notNull().default(0),
  reason: text('reason'),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
});

/** One row of it. */
export type Notification = Readonly<typeof notifications.$inferSelect>;
