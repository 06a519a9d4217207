import { randomUUID } from 'node:crypto';

import { Logger } from '@nestjs/common';
import { isPlainAddress, unprocessable } from '@countersign/runtime';
import type { Database } from '@countersign/storage';

import type { CensusClient, CensusUser } from '../census/census.client.js';
import { CensusError } from '../census/census-error.js';
import { isCensusUserUri } from '../census/census-user-uri.js';
import type { DeliveryQueue } from '../delivery/delivery-queue.js';
import type { DeliveryWorker } from '../delivery/delivery-worker.js';
import { carriesLink } from '../mail/compose-mail.js';
import { displayName } from '../mail/display-name.js';
import type { NotificationRequest } from './notification-request.js';
import { keyedRequest, type KeyedRequest } from './idempotency-key.js';
import type { IdempotencyKeysRepository } from './idempotency-keys.repository.js';
import { callerName, type Intake, type Requester } from './intake.js';
import { isAccountLink } from './is-account-link.js';
import type {
  NewNotification,
  NotificationFilter,
  NotificationsRepository,
} from './notifications.repository.js';
import type { Notification } from './notifications.table.js';
import {
  censusProblem,
  foreignLink,
  linkGone,
  missingNotification,
  notFailed,
  otherAddress,
  reusedKey,
} from './problems.js';
import type { SealedLinks } from './sealed-links.js';

/** What the service works with. */
export interface NotificationsDeps {
  readonly database: Database;
  readonly notifications: NotificationsRepository;
  readonly keys: IdempotencyKeysRepository;
  readonly queue: DeliveryQueue;
  readonly worker: DeliveryWorker;
  readonly census: CensusClient;
  readonly intake: Intake;
  /** Census's own URL: the only place users may come from. */
  readonly censusUrl: string;
  /** The authorization server: the only place links may lead to. */
  readonly authServerUrl: string;
  readonly sealedLinks: SealedLinks;
  /** Right-hand side of every Message-ID. */
  readonly mailDomain: string;
}

/** Accepts notifications: durably recorded, then delivered by the worker. */
export class NotificationsService {
  private readonly logger = new Logger(NotificationsService.name);

  constructor(private readonly deps: NotificationsDeps) {}

  /**
   * Records a notification, and answers it. Row and job are written together or not at all. Under
   * a key that was used before it answers what was recorded then, and asks and writes nothing.
   * @throws ProblemException 422 for a user that is not Census's, is missing or cannot be written
   * to, for a link that leads elsewhere or to an address that is not the user's, and for a key that
   * was used for something else; 403 when Census refuses the subject; 429
   * when the subject or the caller asks for too many; 503 when too many wait or Census cannot
   * tell. Nothing is written then.
   */
  async create(
    request: NotificationRequest,
    requester: Requester,
    key?: string,
  ): Promise<Notification> {
    const keyed = key === undefined ? undefined : keyedRequest(key, requester, request);
    const known = keyed && (await this.madeUnder(keyed));
    if (known) return known;
    if (!isCensusUserUri(this.deps.censusUrl, request.user))
      throw unprocessable('USER_FOREIGN', [
        { pointer: '/user', detail: 'is not the URI of a user of Census' },
      ]);
    if ('link' in request && !isAccountLink(this.deps.authServerUrl, request.link))
      throw foreignLink();
    await this.deps.intake.admit(requester);
    const user = await this.reachable(request.user, requester.subject.uri, () =>
      this.shown(request),
    );
    if ('link' in request && !isSameAddress(user.email, request.email)) throw otherAddress();
    const recorded = await this.record(this.compose(request, requester, user), keyed);
    if (recorded) return this.accepted(recorded);
    // Somebody else used the key meanwhile: the same answer for both.
    const theirs = keyed && (await this.madeUnder(keyed));
    if (!theirs) throw new Error('An idempotency key was taken for a notification that is gone');
    return theirs;
  }

  /** The notification of this id, which must be a UUID. */
  find(id: string): Promise<Notification | undefined> {
    return this.deps.notifications.find(this.deps.database, id);
  }

  /** Notifications, newest first. */
  list(filter: NotificationFilter): Promise<readonly Notification[]> {
    return this.deps.notifications.list(this.deps.database, filter);
  }

  /**
   * Sends a failed notification again, under its Message-ID. Census is asked for the user once
   * more, on behalf of whoever asked for it: the address is not kept, and rights may have changed.
   * @throws ProblemException 404, 409 unless it is failed, 503 when too many wait; as `create` for
   * what Census answers.
   */
  async resend(id: string): Promise<Notification> {
    const { database, notifications, queue, worker } = this.deps;
    const found = await this.find(id);
    if (!found) throw missingNotification();
    if (found.state !== 'failed') throw notFailed();
    if (carriesLink(found.type)) throw linkGone();
    await this.deps.intake.admitAgain();
    const user = await this.reachable(found.userUri, found.requestedBy, () =>
      this.deps.census.userFor(found.userUri, found.requestedBy),
    );
    const revived = await database.transaction(async (tx) => {
      const person = { address: user.email, name: displayName(user.name) };
      const pending = await notifications.revive(tx, id, person);
      if (pending) await queue.add(tx, id);
      return pending;
    });
    if (!revived) throw notFailed();
    worker.wake();
    this.logger.log({ event: 'notification.revived', notification: id });
    return revived;
  }

  /** A user as whoever asks may see them; for a link, as they see themselves. */
  private shown(request: NotificationRequest): Promise<CensusUser> {
    const { census } = this.deps;
    return 'link' in request
      ? census.userFor(request.user, request.user)
      : census.user(request.user);
  }

  private async madeUnder(keyed: KeyedRequest): Promise<Notification | undefined> {
    const { database, keys } = this.deps;
    const use = await keys.find(database, keyed);
    if (use && use.fingerprint !== keyed.fingerprint) throw reusedKey();
    return use && this.find(use.notification);
  }

  /** The user whom Census shows to `asker`, who can be written to. */
  private async reachable(
    uri: string,
    asker: string,
    ask: () => Promise<CensusUser>,
  ): Promise<CensusUser> {
    const user = await ask().catch((error: unknown) => this.refused(error, uri, asker));
    if (isPlainAddress(user.email)) return user;
    throw unprocessable('ADDRESS_UNUSABLE', [
      { pointer: '/user', detail: 'has no address that mail can be sent to' },
    ]);
  }

  private accepted(notification: Notification): Notification {
    this.deps.worker.wake();
    this.logger.log({
      event: 'notification.accepted',
      notification: notification.id,
      user: notification.userUri,
      requestedBy: notification.requestedBy,
      caller: notification.caller,
    });
    return notification;
  }

  private refused(error: unknown, user: string, subject: string): never {
    if (!(error instanceof CensusError)) throw error;
    const { refusal, message: reason, decision } = error;
    this.logger.warn({ event: 'census.refused', refusal, reason, decision, user, subject });
    throw censusProblem(error);
  }

  private compose(
    request: NotificationRequest,
    { caller, subject }: Requester,
    user: CensusUser,
  ): NewNotification {
    const id = randomUUID();
    const { sealedLinks } = this.deps;
    return {
      id,
      type: request.type,
      ...('link' in request && { sealedLink: sealedLinks.seal(id, request.link) }),
      userUri: user.uri,
      requestedBy: subject.uri,
      caller: callerName(caller),
      messageId: `<${id}@${this.deps.mailDomain}>`,
      address: user.email,
      name: displayName(user.name),
    };
  }

  /** What was written, or nothing when somebody else has the key. */
  private record(
    notification: NewNotification,
    keyed: KeyedRequest | undefined,
  ): Promise<Notification | undefined> {
    const { database, notifications, keys, queue } = this.deps;
    return database.transaction(async (tx) => {
      if (keyed && !(await keys.claim(tx, keyed, notification.id))) return undefined;
      const written = await notifications.insert(tx, notification);
      await queue.add(tx, notification.id);
      return written;
    });
  }
}

/** Local parts may tell cases apart (RFC 5321 section 2.4), and no mail system does. */
const isSameAddress = (one: string, other: string): boolean =>
  one.toLowerCase() === other.toLowerCase();
