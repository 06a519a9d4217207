import { randomUUID } from 'node:crypto';

import { Logger } from '@nestjs/common';
import { isPlainAddress, unprocessable } from '@countersign/runtime';
import type { CallerRef, SubjectRef } from '@countersign/token';
import type { Database } from '@countersign/storage';

import type { CensusClient, CensusUser } from '../census/census.client.js';
import { CensusError } from '../census/census-error.js';
import { isCensusUserUri } from '../census/census-user-uri.js';
import type { DeliveryQueue } from '../delivery/delivery-queue.js';
import type { DeliveryWorker } from '../delivery/delivery-worker.js';
import { displayName } from '../mail/display-name.js';
import type { NotificationRequest } from './notification-request.js';
import type { NewNotification, NotificationsRepository } from './notifications.repository.js';
import type { Notification } from './notifications.table.js';
import { censusProblem } from './problems.js';

/** Who asks. */
export interface Requester {
  readonly caller: CallerRef;
  readonly subject: SubjectRef;
}

/** What the service works with. */
export interface NotificationsDeps {
  readonly database: Database;
  readonly notifications: NotificationsRepository;
  readonly queue: DeliveryQueue;
  readonly worker: DeliveryWorker;
  readonly census: CensusClient;
  /** Census's own URL: the only place users may come from. */
  readonly censusUrl: string;
  /** Right-hand side of every Message-ID. */
  readonly mailDomain: string;
}

/** Accepts notifications: durably recorded, then delivered by the worker. */
export class NotificationsService {
  private readonly logger = new Logger(NotificationsService.name);

  constructor(private readonly deps: NotificationsDeps) {}

  /**
   * Records a notification, and answers its id. Row and job are written together or not at all.
   * @throws ProblemException 422 for a user that is not Census's, is missing or cannot be written to;
   * 403 when Census refuses the subject; 503 when Census cannot tell. Nothing is written then.
   */
  async create(request: NotificationRequest, requester: Requester): Promise<string> {
    if (!isCensusUserUri(this.deps.censusUrl, request.user))
      throw unprocessable('USER_FOREIGN', [
        { pointer: '/user', detail: 'is not the URI of a user of Census' },
      ]);
    const user = await this.userOf(request.user, requester.subject);
    if (!isPlainAddress(user.email))
      throw unprocessable('ADDRESS_UNUSABLE', [
        { pointer: '/user', detail: 'has no address that mail can be sent to' },
      ]);
    const notification = this.compose(request, requester, user);
    await this.record(notification);
    this.deps.worker.wake();
    this.logger.log({
      event: 'notification.accepted',
      notification: notification.id,
      user: notification.userUri,
      requestedBy: notification.requestedBy,
      caller: notification.caller,
    });
    return notification.id;
  }

  /** The notification of this id, which must be a UUID. */
  find(id: string): Promise<Notification | undefined> {
    return this.deps.notifications.find(this.deps.database, id);
  }

  private async userOf(uri: string, subject: SubjectRef): Promise<CensusUser> {
    try {
      return await this.deps.census.user(uri, subject.uri);
    } catch (error) {
      if (!(error instanceof CensusError)) throw error;
      this.logger.warn({
        event: 'census.refused',
        refusal: error.refusal,
        reason: error.message,
        decision: error.decision,
        user: uri,
        subject: subject.uri,
      });
      throw censusProblem(error);
    }
  }

  private compose(
    { type }: NotificationRequest,
    { caller, subject }: Requester,
    user: CensusUser,
  ): NewNotification {
    const id = randomUUID();
    return {
      id,
      type,
      userUri: user.uri,
      requestedBy: subject.uri,
      caller: caller.name ?? caller.id,
      messageId: `<${id}@${this.deps.mailDomain}>`,
      address: user.email,
      name: displayName(user.name),
    };
  }

  private record(notification: NewNotification): Promise<void> {
    const { database, notifications, queue } = this.deps;
    return database.transaction(async (tx) => {
      await notifications.insert(tx, notification);
      await queue.add(tx, notification.id);
    });
  }
}
