import { allow, deny, type AccessPolicy, type AccessRequest } from '@countersign/auth';
import type { Database } from '@countersign/storage';
import type { PolicyOutcome } from '@countersign/token';

import type { NotificationsRepository } from './notifications.repository.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

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
    const found = UUID.test(id) ? await this.notifications.find(this.database, id) : undefined;
    const mayKnow = [found?.requestedBy, found?.userUri];
    return subject && mayKnow.includes(subject.uri) ? allow() : deny('not_visible');
  }
}
