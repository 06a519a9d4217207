/** What Herald answers when it cannot take a notification; bodies by RFC 9457. */
import { ProblemException, unprocessable } from '@countersign/runtime';

import type { CensusError } from '../census/census-error.js';

const RETRY_AFTER_SECONDS = 5;
const WINDOW_SECONDS = 60;
const QUEUE_RETRY_AFTER_SECONDS = 30;

/** What Census's answer means for whoever asked Herald. */
export function censusProblem(error: CensusError): ProblemException {
  if (error.refusal === 'forbidden') return forbidden(error.decision);
  if (error.refusal === 'missing')
    return unprocessable('USER_UNKNOWN', [
      { pointer: '/user', detail: 'is not a user Census knows' },
    ]);
  return new ProblemException(503, {
    code: 'CENSUS_UNAVAILABLE',
    detail: 'Census cannot be asked at the moment; nothing was recorded',
    retryAfter: RETRY_AFTER_SECONDS,
  });
}

/** 403, with the id under which Census's own log explains it: an operator finds it by that. */
function forbidden(decision: string | undefined): ProblemException {
  return new ProblemException(403, {
    code: 'USER_FORBIDDEN',
    detail: 'You may not see the user to notify',
    ...(decision !== undefined && { members: { decision } }),
  });
}

/** 400: `Idempotency-Key` cannot be read. */
export const invalidKey = (): ProblemException =>
  new ProblemException(400, {
    code: 'IDEMPOTENCY_KEY_INVALID',
    detail: 'Idempotency-Key must be 1 to 255 visible ASCII characters',
  });

/** 422: the key was used for something else. */
export const reusedKey = (): ProblemException =>
  new ProblemException(422, {
    code: 'IDEMPOTENCY_KEY_REUSED',
    detail: 'Something else was asked for under this Idempotency-Key',
  });

/** 404, to those who may know. */
export const missingNotification = (): ProblemException =>
  new ProblemException(404, {
    code: 'NOTIFICATION_UNKNOWN',
    detail: 'There is no such notification',
  });

/** 404: nothing of this type can be sent. */
export const missingTemplate = (): ProblemException =>
  new ProblemException(404, { code: 'TEMPLATE_UNKNOWN', detail: 'There is no such template' });

/** 409: only what has failed is sent again. */
export const notFailed = (): ProblemException =>
  new ProblemException(409, {
    code: 'NOTIFICATION_NOT_FAILED',
    detail: 'Only a notification that has failed can be sent again',
  });

/** 429: a user, or a caller for all its users, has asked for too many. */
export const tooMany = (who: 'user' | 'caller'): ProblemException =>
  new ProblemException(429, {
    code: 'TOO_MANY_NOTIFICATIONS',
    detail: `Too many notifications were asked for in the last minute by this ${who}`,
    retryAfter: WINDOW_SECONDS,
  });

/** 503: more is waiting than may. */
export const queueFull = (): ProblemException =>
  new ProblemException(503, {
    code: 'QUEUE_FULL',
    detail: 'Too many notifications wait for delivery; nothing was recorded',
    retryAfter: QUEUE_RETRY_AFTER_SECONDS,
  });

/** 403: who acts for a user sends no links, and the authorization server nothing else. */
export const foreignType = (): ProblemException =>
  new ProblemException(403, {
    code: 'TYPE_FORBIDDEN',
    detail: 'You may not send notifications of this type',
  });

/** 409: its link is not kept; whoever made it makes another. */
export const linkGone = (): ProblemException =>
  new ProblemException(409, {
    code: 'NOTIFICATION_LINK_GONE',
    detail: 'The link of this notification is not kept: have another one sent',
  });

/** 422: the link is none of the authorization server. */
export const foreignLink = (): ProblemException =>
  unprocessable('LINK_FOREIGN', [
    { pointer: '/link', detail: 'is not a link of the authorization server' },
  ]);

/** 422: what opens an account goes to no other address than the one of the account. */
export const otherAddress = (): ProblemException =>
  unprocessable('ADDRESS_MISMATCH', [
    { pointer: '/email', detail: 'is not the address that Census has of this user' },
  ]);
