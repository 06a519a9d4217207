/** What Census answers when a user cannot be written or listed as asked; bodies by RFC 9457. */
import { ProblemException } from '@countersign/runtime';

import type { Member } from './who-may.js';

/** 400: `If-Match` is no list of entity tags. */
export const unreadableCondition = (): ProblemException =>
  new ProblemException(400, {
    code: 'CONDITION_INVALID',
    detail: 'If-Match is not a list of entity tags',
  });

/** 403: the user may be changed, but not these members. */
export const forbiddenMembers = (members: readonly Member[]): ProblemException =>
  new ProblemException(403, {
    code: 'MEMBER_FORBIDDEN',
    detail: 'You may change this user, but not these members',
    members: {
      errors: members.map((member) => ({
        pointer: `/${member}`,
        detail: 'is for administrators to change',
      })),
    },
  });

/** 404, to those who may know. */
export const missingUser = (): ProblemException =>
  new ProblemException(404, { code: 'USER_UNKNOWN', detail: 'There is no such user' });

/** 409: somebody has this address already. */
export const takenAddress = (): ProblemException =>
  new ProblemException(409, {
    code: 'EMAIL_TAKEN',
    detail: 'Another user has this address',
    members: { errors: [{ pointer: '/email', detail: 'belongs to another user' }] },
  });

/** 412: the user was changed since it was read. */
export const changedMeanwhile = (): ProblemException =>
  new ProblemException(412, {
    code: 'USER_CHANGED',
    detail: 'The user is not the one If-Match names: read it again',
  });

/** 428 (RFC 6585 section 3): a change must say what it was made from. */
export const conditionRequired = (): ProblemException =>
  new ProblemException(428, {
    code: 'CONDITION_REQUIRED',
    detail: 'If-Match must hold the ETag of the user to change',
  });

/** 429: too many users asked for that are not there or not to be seen. */
export const tooManyMisses = (retryAfter: number): ProblemException =>
  new ProblemException(429, {
    code: 'TOO_MANY_MISSES',
    detail: 'Too many users asked for that you may not see or that do not exist',
    retryAfter,
  });
