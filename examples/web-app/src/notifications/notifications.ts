import { Injectable } from '@nestjs/common';
import { InjectClient, ServiceClient } from '@countersign/auth';
import { z } from 'zod';

import type { LoginSession } from '../session/login-session.js';

const notification = z.object({
  uri: z.string(),
  state: z.enum(['pending', 'delivered', 'failed']),
  type: z.string(),
  createdAt: z.iso.datetime(),
});
const page = z.object({ notifications: z.array(notification) });

/** One notification, as Herald tells it. */
export type Notification = z.infer<typeof notification>;

/**
 * Herald, on behalf of whoever is logged in: the token of their session is exchanged for one whose
 * `sub` is the user, `act` this application and `aud` Herald, good for nothing else.
 */
@Injectable()
export class Notifications {
  constructor(@InjectClient('herald') private readonly herald: ServiceClient) {}

  /** The last ones of this user, newest first. */
  async recent(login: LoginSession): Promise<readonly Notification[]> {
    const herald = this.herald.asUser(await login.subject());
    const { notifications } = await herald.get('/notification/', {
      query: { limit: '10' },
      parse: (json) => page.parse(json),
      scopes: ['notifications:read'],
    });
    return notifications;
  }

  /**
   * Sends the user a notification.
   * @param key Of the form: a form that is sent twice, or once more by the way back, sends one mail.
   */
  async sendToSelf(login: LoginSession, key: string): Promise<Notification> {
    const subject = await login.subject();
    return this.herald.asUser(subject).post(
      '/notification/',
      { user: subject.uri, type: 'welcome-message' },
      {
        parse: (json) => notification.parse(json),
        scopes: ['notifications:send'],
        headers: { 'idempotency-key': key },
        idempotent: true,
      },
    );
  }
}
