import { pageLimit } from '@countersign/runtime';
import { z } from 'zod';

import {
  carriesLink,
  notificationTypes,
  type LinkType,
  type PlainType,
} from '../mail/compose-mail.js';
import { isNotificationId } from './notification-uris.js';
import { notificationStates } from './notifications.table.js';

/**
 * Body of `POST /notification/`: whom to tell what. Anything else in it is refused; `email` and `link`
 * belong to the types that carry a link, and only to them.
 */
export const notificationRequest = z
  .strictObject({
    user: z.string().min(1).max(2048),
    type: z.enum(notificationTypes),
    /** Where the caller knows the user to be: refused unless Census says the same. */
    email: z.string().min(3).max(254).optional(),
    /** Of the authorization server. */
    link: z.string().min(1).max(512).optional(),
  })
  .superRefine((body, context) => {
    const needed = carriesLink(body.type);
    for (const member of ['email', 'link'] as const) {
      if ((body[member] !== undefined) === needed) continue;
      const message = needed ? 'is missing for this type' : 'does not belong to this type';
      context.addIssue({ code: 'custom', path: [member], message });
    }
  });

/** Whom to tell what that carries no link. */
export interface PlainRequest {
  readonly user: string;
  readonly type: PlainType;
}

/** Whom to send which link. */
export interface LinkRequest {
  readonly user: string;
  readonly type: LinkType;
  readonly email: string;
  readonly link: string;
}

/** Whom to tell what. */
export type NotificationRequest = PlainRequest | LinkRequest;

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
