import { allow, deny, type AccessPolicy, type AccessRequest } from '@countersign/auth';
import type { Database } from '@countersign/storage';
import type { PolicyOutcome } from '@countersign/token';

import { isNotificationId } from './notification-uris.js';
import type { NotificationsRepository } from './notifications.repository.js';

/**
 * Who may see a notification: the user who asked for it and the user it is for. Refuses alike when
 * it belongs to others and when there is none.
 */
export class MaySeeNotification implements AccessPolicy<{ param: string }> {
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
    const mayKnow = [found?.requestedBy, found?.userUri];
    return subject && mayKnow.includes(subject.uri) ? allow() : deny('not_visible');
  }
}
