/** What `/openapi.json` says of each operation, beyond what the code says itself. */
import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiOperation } from '@nestjs/swagger';
import { answers, refuses } from '@countersign/runtime/openapi';
import { z } from 'zod';

import { notificationTypes } from '../mail/compose-mail.js';
import { notificationPage, notificationView } from './notification-request.js';

const guarded = {
  401: 'No token, or one that is not believed.',
  403: 'A scope is missing, or the subject may not.',
};
const query = { 400: 'The query is wrong.' };
const census = {
  422: 'Census knows no such user, or the user cannot be written to.',
  503: 'Census cannot be asked at the moment; nothing was recorded.',
};
const summary = (text: string): MethodDecorator => ApiOperation({ summary: text });
const mail = z.object({ subject: z.string(), text: z.string(), html: z.string() });

/** Decorators for the handlers of notifications and templates. */
export const describes = {
  create: applyDecorators(
    summary('Tell a user something'),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description: 'Chosen by the caller; for a day the same request under it is made once.',
    }),
    answers(201, {
      description: 'Durably recorded; delivery follows.',
      body: notificationView,
      headers: { Location: 'The URI of the notification.' },
    }),
    refuses({
      400: 'The body or the Idempotency-Key cannot be read.',
      ...guarded,
      429: 'The user asks for too many notifications.',
      ...census,
      422: 'Members are wrong, the link leads elsewhere, or the Idempotency-Key was used for something else.',
    }),
  ),
  list: applyDecorators(
    summary('List notifications, newest first'),
    answers(200, {
      description: 'A page.',
      body: notificationPage,
      headers: { Link: 'rel="next": where the next page is.' },
    }),
    refuses({ ...query, ...guarded }),
  ),
  one: applyDecorators(
    summary('Read the state of a notification'),
    answers(200, { description: 'The notification.', body: notificationView }),
    refuses({ ...guarded, 404: 'No such notification; said only to services that see all.' }),
  ),
  resend: applyDecorators(
    summary('Send a failed notification again'),
    answers(202, { description: 'Pending again.', body: notificationView }),
    refuses({
      ...guarded,
      404: 'No such notification; said only to services that see all.',
      409: 'It has not failed, or carried a link, which is not kept.',
      ...census,
    }),
  ),
  templates: applyDecorators(
    summary('List what can be said'),
    answers(200, {
      description: 'The types of notifications.',
      body: z.object({ types: z.array(z.enum(notificationTypes)) }),
    }),
    refuses(guarded),
  ),
  preview: applyDecorators(
    summary('Read a mail as somebody of this name would get it'),
    answers(200, { description: 'The mail.', body: mail }),
    refuses({ ...query, ...guarded, 404: 'No such template.' }),
  ),
} as const;
