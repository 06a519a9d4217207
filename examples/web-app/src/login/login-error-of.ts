import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client';

import { LoginError, type LoginFailure } from './login-error.js';

/** Errors of RFC 6749 sections 4.1.2.1 and 5.2 by what they mean for a person. */
const meanings: ReadonlyMap<string, LoginFailure> = new Map([
  ['access_denied', 'denied'],
  ['invalid_grant', 'refused'],
  ['server_error', 'unavailable'],
  ['temporarily_unavailable', 'unavailable'],
  // Nothing a person could do about these: the application is not known as it should be.
  ['invalid_client', 'unavailable'],
  ['unauthorized_client', 'unavailable'],
]);

/** No answer, or none of an OpenID provider. Every other code is about an answer that does not hold. */
const unanswered: ReadonlySet<string | undefined> = new Set([
  undefined,
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
]);

/**
 * What an error of openid-client means. Its own errors hold the code and whatever else the browser
 * brought: only error codes go on, never a text or a value of the other side.
 */
export function loginErrorOf(error: unknown): LoginError {
  if (error instanceof LoginError) return error;
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    const meaning = meanings.get(error.error);
    const said = meaning === undefined ? 'an error' : error.error;
    return new LoginError(meaning ?? 'refused', `the provider answered ${said}`);
  }
  if (error instanceof ClientError && !unanswered.has(error.code))
    return new LoginError('refused', `the answer does not belong to this log-in: ${error.code}`);
  const name = error instanceof Error ? error.name : 'an error';
  return new LoginError('unavailable', `the provider gave no answer that can be used: ${name}`);
}
