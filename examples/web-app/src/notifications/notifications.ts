import { Injectable } from '@nestjs/common';
import { InjectClient, ServiceClient, type ServiceCalls } from '@countersign/auth';
import { TokenAcquisitionError } from '@countersign/token';
import { z } from 'zod';

import { SessionEndedError } from '../login/login-error.js';
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
 *
 * Every method rejects with a SessionEndedError where the user's token is taken no longer.
 */
@Injectable()
export class Notifications {
  constructor(@InjectClient('herald') private readonly herald: ServiceClient) {}

  /** The last ones of this user, newest first. */
  async recent(login: LoginSession): Promise<readonly Notification[]> {
    const { notifications } = await this.#as(login, (herald) =>
      herald.get('/notification/', {
        query: { limit: '10' },
        parse: (json) => page.parse(json),
        scopes: ['notifications:read'],
      }),
    );
    return notifications;
  }

  /**
   * Sends the user a notification.
   * @param key Of the form: a form that is sent twice, or once more by the way back, sends one mail.
   */
  sendToSelf(login: LoginSession, key: string): Promise<Notification> {
    const body = { user: login.user.uri, type: 'welcome-message' };
    return this.#as(login, (herald) =>
      herald.post('/notification/', body, {
        parse: (json) => notification.parse(json),
        scopes: ['notifications:send'],
        headers: { 'idempotency-key': key },
        idempotent: true,
      }),
    );
  }

  async #as<Result>(
    login: LoginSession,
    call: (herald: ServiceCalls) => Promise<Result>,
  ): Promise<Result> {
    try {
      return await call(this.herald.asUser(await login.subject()));
    } catch (error) {
      if (!isTokenRefused(error)) throw error;
      login.end();
      throw new SessionEndedError('the token of the user is not exchanged any more');
    }
  }
}

/**
 * Whether the user's token is what was refused, whatever its `exp` says: they have logged out elsewhere,
 * or may not log in any more. RFC 8693 section 2.2.2 calls that `invalid_request`, some servers
 * `invalid_grant`.
 */
function isTokenRefused(error: unknown): boolean {
  if (!(error instanceof TokenAcquisitionError)) return false;
  return error.error === 'invalid_request' || error.error === 'invalid_grant';
}
