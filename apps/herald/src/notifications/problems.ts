/** What Herald answers when it cannot take a notification; bodies by RFC 9457. */
import { ProblemException, unprocessable } from '@countersign/runtime';

import type { CensusError } from '../census/census-error.js';

const RETRY_AFTER_SECONDS = 5;

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
