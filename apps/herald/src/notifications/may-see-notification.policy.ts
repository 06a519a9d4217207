import type { SubjectRef } from '@countersign/token';

import { NotificationPolicy } from './notification.policy.js';
import type { Notification } from './notifications.table.js';

/** Who may see a notification: the user who asked for it and the user it is for. */
export class MaySeeNotification extends NotificationPolicy {
  protected readonly reason = 'not_visible';

  protected allows({ uri }: SubjectRef, { requestedBy, userUri }: Notification): boolean {
    return uri === requestedBy || uri === userUri;
  }
}
