import { randomUUID } from 'node:crypto';

import { BadRequestException, Controller, Get, Header, Post, Redirect, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

import { SessionEndedError } from '../login/login-error.js';
import { notificationsPage } from '../pages/notifications.page.js';
import { loginOf } from '../session/login-of.js';
import type { LoginSession } from '../session/login-session.js';
import { LoggedIn } from '../session/session.guard.js';
import { Notifications } from './notifications.js';

const form = z.object({ key: z.uuid() });
const states = {
  pending: 'on its way',
  delivered: 'delivered',
  failed: 'could not be delivered',
} as const;

/** The page of whoever is logged in, and its one form. */
@Controller('notifications')
@LoggedIn()
export class NotificationsController {
  constructor(private readonly notifications: Notifications) {}

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  async page(@Req() request: FastifyRequest): Promise<string> {
    const login = loggedIn(request);
    const notifications = await this.notifications.recent(login);
    return notificationsPage({
      user: login.user,
      formToken: login.formToken,
      key: randomUUID(),
      hasPending: notifications.some(({ state }) => state === 'pending'),
      notifications: notifications.map(({ uri, state, createdAt }) => ({
        id: uri.split('/').findLast((part) => part !== '') ?? '',
        state,
        says: states[state],
        at: createdAt,
        time: `${createdAt.slice(0, 10)} ${createdAt.slice(11, 19)} UTC`,
      })),
    });
  }

  /** Answers with the page that shows it: going back or loading anew sends nothing. */
  @Post()
  @Redirect('/notifications', 303)
  async send(@Req() request: FastifyRequest): Promise<void> {
    const { success, data } = form.safeParse(request.body);
    if (!success) throw new BadRequestException('The form is not complete');
    await this.notifications.sendToSelf(loggedIn(request), data.key);
  }
}

function loggedIn(request: FastifyRequest): LoginSession {
  const login = loginOf(request);
  if (login === undefined) throw new SessionEndedError('the session has ended');
  return login;
}
