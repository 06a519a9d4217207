import { pageLimit } from '@countersign/runtime';
import { z } from 'zod';

import { notificationTypes } from '../mail/compose-mail.js';
import { isNotificationId } from './notification-uris.js';
import { notificationStates } from './notifications.table.js';

/** Body of `POST /notification/`: whom to tell what. Anything else in it is refused. */
export const notificationRequest = z.strictObject({
  user: z.string().min(1).max(2048),
  type: z.enum(notificationTypes),
});

/** Whom to tell what. */
export type NotificationRequest = z.infer<typeof notificationRequest>;

/**
 * Query of `GET /notification/`. Unknown parameters are refused: a misspelt one would ask for
 * everything.
 */
export const listQuery = z.strictObject({
  state: z.enum(notificationStates, `must be one of ${notificationStates.join(', ')}`).optional(),
  limit: pageLimit(),
  cursor: z
    .string('must be given once')
    .refine(isNotificationId, 'is not a cursor of this list')
    .optional(),
});

/** Which page is asked for; `cursor` is the id behind which it begins. */
export type ListQuery = z.output<typeof listQuery>;

/** A notification as Herald shows it. */
export const notificationView = z.object({
  uri: z.url(),
  state: z.enum(notificationStates),
  user: z.url(),
  type: z.string(),
  attempts: z.int(),
  createdAt: z.iso.datetime(),
  /** Why it failed, or why the last attempt did. */
  reason: z.string().optional(),
});

/** A notification as Herald shows it. */
export type NotificationView = z.output<typeof notificationView>;

/** A page of notifications, newest first. */
export const notificationPage = z.object({
  notifications: z.array(notificationView),
  /** Where the next page is; absent on the last one. */
  next: z.url().optional(),
});

/** A page of notifications. */
export type NotificationPage = z.output<typeof notificationPage>;
