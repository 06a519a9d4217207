import { z } from 'zod';

import { notificationTypes } from '../mail/compose-mail.js';

/** Body of `POST /notification/`: whom to tell what. Anything else in it is refused. */
export const notificationRequest = z.strictObject({
  user: z.string().min(1).max(2048),
  type: z.enum(notificationTypes),
});

/** Whom to tell what. */
export type NotificationRequest = z.infer<typeof notificationRequest>;
