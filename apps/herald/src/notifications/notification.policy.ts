import { allow, deny, type AccessPolicy, type AccessRequest } from '@countersign/auth';
import type { Database } from '@countersign/storage';
import type { PolicyOutcome, SubjectRef } from '@countersign/token';

import { isNotificationId } from './notification-uris.js';
import type { NotificationsRepository } from './notifications.repository.js';
import type { Notification } from './notifications.table.js';

/**
 * What a user may do with one notification. Refuses alike, with the policy's one reason, when it
 * belongs to others and when there is none.
 */
export abstract class NotificationPolicy implements AccessPolicy<{ param: string }> {
  /** The private reason of a refusal. */
  protected abstract readonly reason: string;

  constructor(
    private readonly database: Database,
    private readonly notifications: NotificationsRepository,
  ) {}

  /** @param options.param The route parameter that holds the notification's id. */
  async evaluate(
    { subject, params }: AccessRequest,
    { param }: { param: string },
  ): Promise<PolicyOutcome> {
    const id = params[param] ?? '';
    const found = isNotificationId(id)
      ? await this.notifications.find(this.database, id)
      : undefined;
    return subject && found && this.allows(subject, found) ? allow() : deny(this.reason);
  }

  /** Whether this user may, with this notification. */
  protected abstract allows(subject: SubjectRef, notification: Notification): boolean;
}
