import type { SubjectRef } from '@countersign/token';

import { NotificationPolicy } from './notification.policy.js';
import type { Notification } from './notifications.table.js';

/** Which user may have a notification sent again: only the one who asked for it. */
export class MayResendNotification extends NotificationPolicy {
  protected readonly reason = 'not_requester';

  protected allows({ uri }: SubjectRef, { requestedBy }: Notification): boolean {
    return uri === requestedBy;
  }
}
