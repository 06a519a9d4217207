import {
  Body,
  Controller,
  Get,
  Header,
  Headers,
  HttpCode,
  Param,
  Post,
  Query,
  Res,
  StandardSchemaValidationPipe,
} from '@nestjs/common';
import {
  Access,
  allOf,
  anyOf,
  anyScope,
  Audience,
  Caller,
  callers,
  onBehalfOf,
  requireUser,
  scopes,
  serviceOnly,
  Subject,
} from '@countersign/auth';
import { invalidBody, invalidQuery } from '@countersign/runtime';
import type { CallerRef, SubjectRef } from '@countersign/token';

import { describes } from './describes.js';
import { parseIdempotencyKey } from './idempotency-key.js';
import { MayResendNotification } from './may-resend-notification.policy.js';
import { MaySeeNotification } from './may-see-notification.policy.js';
import {
  listQuery,
  notificationRequest,
  type ListQuery,
  type NotificationPage,
  type NotificationRequest,
  type NotificationView,
} from './notification-request.js';
import { isNotificationId, NotificationUris } from './notification-uris.js';
import { NotificationsService } from './notifications.service.js';
import type { Notification } from './notifications.table.js';
import { foreignType, invalidKey, missingNotification } from './problems.js';

/** What a handler needs of the adapter's response. */
interface Reply {
  header(name: string, value: string): unknown;
}

const body = {
  schema: notificationRequest,
  pipes: [new StandardSchemaValidationPipe({ exceptionFactory: invalidBody })],
};
const query = {
  schema: listQuery,
  pipes: [new StandardSchemaValidationPipe({ exceptionFactory: invalidQuery })],
};
const readByUser = anyScope('notifications:send', 'notifications:read');
const readByService = allOf(scopes('notifications:read:any'), serviceOnly());
const sendAsUser = allOf(scopes('notifications:send'), requireUser());
/** The authorization server's own name, see `app.module.ts`: a client of it cannot have that. */
const sendLinks = allOf(scopes('notifications:links'), serviceOnly(), callers('auth-server'));
const target = { param: 'id' };

/** What Herald is asked to say, each under its URI. */
@Controller('notification')
@Audience('herald')
export class NotificationsController {
  constructor(
    private readonly notifications: NotificationsService,
    private readonly uris: NotificationUris,
  ) {}

  /**
   * Accepts a notification; 201 means durably recorded, delivery follows. Under an
   * `Idempotency-Key` that was used before it answers what was recorded then. On behalf of a user,
   * except for what carries a link: that is sent for the authorization server, as itself.
   */
  @Post()
  @Access(anyOf(sendAsUser, sendLinks))
  @Header('Cache-Control', 'no-store')
  @describes.create
  async create(
    @Body(body) request: NotificationRequest,
    @Headers('idempotency-key') field: string | undefined,
    @Caller() caller: CallerRef,
    @Subject() subject: SubjectRef | undefined,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<NotificationView> {
    const key = field === undefined ? undefined : parseIdempotencyKey(field);
    if (field !== undefined && key === undefined) throw invalidKey();
    const requester = { caller, subject: requesterOf(request, caller, subject) };
    const notification = await this.notifications.create(request, requester, key);
    reply.header('Location', this.uris.of(notification.id));
    return this.viewOf(notification);
  }

  /** A page of notifications, newest first: of the user in question, or to a service all of them. */
  @Get()
  @Access(anyOf(allOf(readByUser, requireUser()), readByService))
  @Header('Cache-Control', 'no-store')
  @describes.list
  async list(
    @Query(query) { state, limit, cursor }: ListQuery,
    @Subject() subject: SubjectRef | undefined,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<NotificationPage> {
    const filter = { of: subject?.uri, state, after: cursor };
    const found = await this.notifications.list({ ...filter, limit: limit + 1 });
    const page = found.slice(0, limit);
    const notifications = page.map((notification) => this.viewOf(notification));
    const last = page.at(-1);
    if (found.length <= limit || !last) return { notifications };
    const only = state === undefined ? '' : `state=${state}&`;
    const next = `${this.uris.all}?${only}limit=${limit}&cursor=${last.id}`;
    reply.header('Link', `<${next}>; rel="next"`);
    return { notifications, next };
  }

  /**
   * The state of a notification, for the user who asked for it, the user it is for, and services
   * that may see all of them.
   */
  @Get(':id')
  @Access(anyOf(allOf(readByUser, onBehalfOf(MaySeeNotification, target)), readByService))
  @Header('Cache-Control', 'no-store')
  @describes.one
  async one(@Param('id') id: string): Promise<NotificationView> {
    const found = isNotificationId(id) ? await this.notifications.find(id) : undefined;
    if (!found) throw missingNotification();
    return this.viewOf(found);
  }

  /** Sends a failed notification again: for the user who asked for it, and for operators. */
  @Post(':id/resend')
  @HttpCode(202)
  @Access(
    anyOf(
      allOf(scopes('notifications:send'), onBehalfOf(MayResendNotification, target)),
      allOf(scopes('notifications:resend'), serviceOnly()),
    ),
  )
  @Header('Cache-Control', 'no-store')
  @describes.resend
  async resend(@Param('id') id: string): Promise<NotificationView> {
    if (!isNotificationId(id)) throw missingNotification();
    return this.viewOf(await this.notifications.resend(id));
  }

  private viewOf(notification: Notification): NotificationView {
    const { id, state, userUri, type, attempts, createdAt, reason } = notification;
    return {
      uri: this.uris.of(id),
      state,
      user: userUri,
      type,
      attempts,
      createdAt: createdAt.toISOString(),
      ...(reason !== null && { reason }),
    };
  }
}

/** Whoever asks; for a link, which nobody asks for in a user's name, the user it is for. */
function requesterOf(
  request: NotificationRequest,
  { issuer }: CallerRef,
  subject: SubjectRef | undefined,
): SubjectRef {
  if ('link' in request === (subject !== undefined)) throw foreignType();
  return subject ?? { kind: 'user', issuer, uri: request.user };
}
