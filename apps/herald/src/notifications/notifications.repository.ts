import { Injectable } from '@nestjs/common';
import type { Session } from '@countersign/storage';
import { and, eq, sql } from 'drizzle-orm';

import type { NotificationType } from '../mail/compose-mail.js';
import { notifications, type Notification } from './notifications.table.js';

/** A notification as it is first written. */
export interface NewNotification {
  readonly id: string;
  readonly userUri: string;
  readonly requestedBy: string;
  readonly caller: string;
  readonly type: NotificationType;
  readonly messageId: string;
  readonly address: string;
  readonly name: string;
}

/** How an attempt leaves a pending notification. */
export type AttemptResult =
  | { readonly state: 'delivered' }
  | { readonly state: 'failed'; readonly reason: string }
  | { readonly state: 'pending'; readonly reason: string };

/** Reads and writes notifications, in the session it is given. */
@Injectable()
export class NotificationsRepository {
  /**
   * Writes a new one, pending.
   * @throws Error that says only which SQLSTATE it was: drivers quote the row, which holds a
   * person's name and address.
   */
  async insert({ db }: Session, notification: NewNotification): Promise<void> {
    try {
      await db.insert(notifications).values(notification);
    } catch (error) {
      // eslint-disable-next-line preserve-caught-error -- the cause quotes the row
      throw new Error(`The notification could not be written (${sqlState(error)})`);
    }
  }

  /** The notification of this id, which must be a UUID. */
  async find({ db }: Session, id: string): Promise<Notification | undefined> {
    const [found] = await db.select().from(notifications).where(eq(notifications.id, id));
    return found;
  }

  /**
   * Writes how an attempt ended, and forgets address and name with the end of delivery. One that
   * has ended stays as it is.
   */
  async recordAttempt({ db }: Session, id: string, result: AttemptResult): Promise<void> {
    await db
      .update(notifications)
      .set({
        state: result.state,
        reason: result.state === 'delivered' ? null : result.reason,
        attempts: sql`${notifications.attempts} + 1`,
        updatedAt: sql`now()`,
        ...(result.state !== 'pending' && { address: null, name: null }),
      })
      .where(and(eq(notifications.id, id), eq(notifications.state, 'pending')));
  }
}

function sqlState(error: unknown): string {
  const { code } = ((error as Error).cause ?? error) as { readonly code?: unknown };
  return typeof code === 'string' ? code : 'no SQLSTATE';
}
