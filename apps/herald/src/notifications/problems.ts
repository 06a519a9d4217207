/** What Herald answers when it cannot take a notification; bodies by RFC 9457. */
import { ProblemException } from '@countersign/runtime';

import type { CensusError } from '../census/census-error.js';

/** One member of the body that is wrong. */
export interface WrongMember {
  /** JSON pointer (RFC 6901) to it; empty for the body as a whole. */
  readonly pointer: string;
  readonly detail: string;
}

/** What a schema complains of, as far as it is read here. */
interface Issue {
  readonly message: string;
  readonly path?: readonly unknown[] | undefined;
}

const MAX_ERRORS = 8;
const MAX_DETAIL = 120;
const RETRY_AFTER_SECONDS = 5;

/** 422: the body can be read, but says something Herald cannot do. */
export function unprocessable(code: string, errors: readonly WrongMember[]): ProblemException {
  return new ProblemException(422, {
    code,
    detail: 'The body asks for something that cannot be done',
    members: { errors },
  });
}

/** 422 for a body that breaks its schema, naming each member. */
export function invalidBody(issues: readonly Issue[]): ProblemException {
  const errors = issues.slice(0, MAX_ERRORS).map(({ message, path = [] }) => ({
    pointer: path.map((segment) => `/${keyOf(segment)}`).join(''),
    detail: message.slice(0, MAX_DETAIL),
  }));
  return unprocessable('BODY_INVALID', errors);
}

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

/** Escaped by RFC 6901 section 3. */
function keyOf(segment: unknown): string {
  const key =
    typeof segment === 'object' && segment !== null && 'key' in segment ? segment.key : segment;
  return String(key).slice(0, MAX_DETAIL).replaceAll('~', '~0').replaceAll('/', '~1');
}
