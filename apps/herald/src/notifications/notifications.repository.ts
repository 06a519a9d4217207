import { Injectable } from '@nestjs/common';
import { isUnavailable, type Session } from '@countersign/storage';
import { and, desc, eq, or, sql, type SQL } from 'drizzle-orm';

import type { NotificationType } from '../mail/compose-mail.js';
import { notifications, type Notification, type NotificationState } from './notifications.table.js';

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
  /** Of what carries one. */
  readonly sealedLink?: string;
}

/** How an attempt leaves a pending notification. */
export type AttemptResult =
  | { readonly state: 'delivered' }
  | { readonly state: 'failed'; readonly reason: string }
  | { readonly state: 'pending'; readonly reason: string };

/** Which notifications are listed, newest first. */
export interface NotificationFilter {
  /** Only those that this user asked for or that are for this user. */
  readonly of?: string | undefined;
  readonly state?: NotificationState | undefined;
  /** Only those older than this one, by its id, which must be a UUID. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Reads and writes notifications, in the session it is given. */
@Injectable()
export class NotificationsRepository {
  /**
   * Writes a new one, pending, and returns it.
   * @throws Error that says only which SQLSTATE it was: drivers quote the row, which holds a
   * person's name and address.
   */
  async insert({ db }: Session, notification: NewNotification): Promise<Notification> {
    try {
      const [written] = await db.insert(notifications).values(notification).returning();
      return written as Notification;
    } catch (error) {
      if (isUnavailable(error)) throw error;
      // eslint-disable-next-line preserve-caught-error -- the cause quotes the row
      throw new Error(`The notification could not be written (${sqlState(error)})`);
    }
  }

  /** The notification of this id, which must be a UUID. */
  async find({ db }: Session, id: string): Promise<Notification | undefined> {
    const [found] = await db.select().from(notifications).where(eq(notifications.id, id));
    return found;
  }

  /** Those that the filter lets through, newest first. */
  async list({ db }: Session, filter: NotificationFilter): Promise<readonly Notification[]> {
    const { of, state, after, limit } = filter;
    const conditions: (SQL | undefined)[] = [
      of === undefined
        ? undefined
        : or(eq(notifications.requestedBy, of), eq(notifications.userUri, of)),
      state === undefined ? undefined : eq(notifications.state, state),
      // By its row, so that a cursor says nothing of times or counts.
      after === undefined
        ? undefined
        : sql`(${notifications.createdAt}, ${notifications.id}) <
            (SELECT n.created_at, n.id FROM notifications n WHERE n.id = ${after}::uuid)`,
    ];
    return db
      .select()
      .from(notifications)
      .where(and(...conditions))
      .orderBy(desc(notifications.createdAt), desc(notifications.id))
      .limit(limit);
  }

  /** How many notifications a user asked for in the last minute; counts no further than `most`. */
  countRecent(session: Session, requestedBy: string, most: number): Promise<number> {
    const recent = `requested_by = $1 AND created_at > now() - interval '1 minute'`;
    return countTo(session, `${recent} LIMIT $2`, [requestedBy, most]);
  }

  /** How many a caller asked for in the last minute; counts no further than `most`. */
  countRecentOfCaller(session: Session, caller: string, most: number): Promise<number> {
    const recent = `caller = $1 AND created_at > now() - interval '1 minute'`;
    return countTo(session, `${recent} LIMIT $2`, [caller, most]);
  }

  /** How many wait for delivery; counts no further than `most`. */
  countPending(session: Session, most: number): Promise<number> {
    return countTo(session, `state = 'pending' LIMIT $1`, [most]);
  }

  /**
   * Makes a failed one pending again, for this address and name, and returns it; nothing happens
   * and nothing is returned unless it is failed.
   */
  async revive(
    { db }: Session,
    id: string,
    person: Pick<NewNotification, 'address' | 'name'>,
  ): Promise<Notification | undefined> {
    const now = sql`now()`;
    const [revived] = await db
      .update(notifications)
      .set({
        ...person,
        state: 'pending',
        reason: null,
        attempts: 0,
        pendingSince: now,
        updatedAt: now,
      })
      .where(and(eq(notifications.id, id), eq(notifications.state, 'failed')))
      .returning();
    return revived;
  }

  /**
   * Writes how an attempt ended, and forgets address, name and link with the end of delivery. One
   * that has ended stays as it is.
   */
  async recordAttempt({ db }: Session, id: string, result: AttemptResult): Promise<void> {
    await db
      .update(notifications)
      .set({
        state: result.state,
        reason: result.state === 'delivered' ? null : result.reason,
        attempts: sql`${notifications.attempts} + 1`,
        updatedAt: sql`now()`,
        ...(result.state !== 'pending' && { address: null, name: null, sealedLink: null }),
      })
      .where(and(eq(notifications.id, id), eq(notifications.state, 'pending')));
  }
}

async function countTo(
  session: Session,
  condition: string,
  values: readonly unknown[],
): Promise<number> {
  const { rows } = await session.execute<{ count: number }>(
    `SELECT count(*)::int AS count FROM (SELECT 1 FROM notifications WHERE ${condition}) counted`,
    values,
  );
  return rows[0]?.count ?? 0;
}

function sqlState(error: unknown): string {
  const { code } = ((error as Error).cause ?? error) as { readonly code?: unknown };
  return typeof code === 'string' ? code : 'no SQLSTATE';
}
