import {
  Body,
  Controller,
  Get,
  Header,
  NotFoundException,
  Param,
  Post,
  Res,
  StandardSchemaValidationPipe,
} from '@nestjs/common';
import {
  AnyScope,
  Audience,
  Caller,
  OnBehalfOf,
  RequireUser,
  Scopes,
  Subject,
} from '@countersign/auth';
import { invalidBody } from '@countersign/runtime';
import type { CallerRef, SubjectRef } from '@countersign/token';

import { MaySeeNotification } from './may-see-notification.policy.js';
import { notificationRequest, type NotificationRequest } from './notification-request.js';
import { NotificationUris } from './notification-uris.js';
import { NotificationsService } from './notifications.service.js';
import type { NotificationState } from './notifications.table.js';

/** A notification as Herald shows it. */
export interface NotificationView {
  readonly uri: string;
  readonly state: NotificationState;
  readonly user: string;
  readonly type: string;
  /** Why it failed. */
  readonly reason?: string;
}

/** What a handler needs of the adapter's response. */
interface Reply {
  header(name: string, value: string): unknown;
}

const validated = {
  schema: notificationRequest,
  pipes: [new StandardSchemaValidationPipe({ exceptionFactory: invalidBody })],
};

/** What Herald is asked to say, each under its URI. */
@Controller('notification')
@Audience('herald')
export class NotificationsController {
  constructor(
    private readonly notifications: NotificationsService,
    private readonly uris: NotificationUris,
  ) {}

  /** Accepts a notification; 201 means durably recorded, delivery follows. */
  @Post()
  @Scopes('notifications:send')
  @RequireUser()
  @Header('Cache-Control', 'no-store')
  async create(
    @Body(validated) request: NotificationRequest,
    @Caller() caller: CallerRef,
    @Subject() subject: SubjectRef,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<NotificationView> {
    const id = await this.notifications.create(request, { caller, subject });
    const uri = this.uris.of(id);
    reply.header('Location', uri);
    return { uri, state: 'pending', user: request.user, type: request.type };
  }

  /** The state of a notification, for the user who asked for it and the user it is for. */
  @Get(':id')
  @AnyScope('notifications:send', 'notifications:read')
  @OnBehalfOf(MaySeeNotification, { param: 'id' })
  @Header('Cache-Control', 'no-store')
  async one(@Param('id') id: string): Promise<NotificationView> {
    const found = await this.notifications.find(id);
    if (!found) throw new NotFoundException('There is no such notification');
    const { state, userUri, type, reason } = found;
    return {
      uri: this.uris.of(id),
      state,
      user: userUri,
      type,
      ...(state === 'failed' && reason !== null && { reason }),
    };
  }
}
