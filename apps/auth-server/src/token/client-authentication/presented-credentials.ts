import type { FormParameters } from '../parse-form.js';
import { TokenError } from '../token-error.js';
import { briefId } from './brief-id.js';
import type { Credentials } from './basic-credentials.js';
import { basicCredentials } from './basic-credentials.js';

/** Credentials and how they came. */
export interface PresentedCredentials extends Credentials {
  readonly method: 'client_secret_basic' | 'client_secret_post';
}

/**
 * Finds the one set of credentials of a request. Refuses two (`invalid_request`, RFC 6749 section
 * 2.3: one method per request), none and malformed ones (`invalid_client`).
 */
export function presentedCredentials(
  authorization: readonly string[],
  form: FormParameters,
): PresentedCredentials {
  const [header, second] = authorization;
  if (second !== undefined) throw ambiguous('two Authorization headers');
  return header === undefined ? fromBody(form) : fromHeader(header, form);
}

function fromHeader(header: string, form: FormParameters): PresentedCredentials {
  if (form.get('client_secret') !== undefined) throw ambiguous('credentials in header and body');
  if (form.get('client_assertion') !== undefined) throw ambiguous('credentials in header and body');
  const credentials = basicCredentials(header);
  if (!credentials) {
    throw new TokenError('invalid_client', {
      reason: 'the Authorization header holds no well-formed Basic credentials',
      challenge: true,
    });
  }
  const named = form.get('client_id');
  if (named !== undefined && named !== credentials.id) throw ambiguous('two client ids');
  return { ...credentials, method: 'client_secret_basic' };
}

function fromBody(form: FormParameters): PresentedCredentials {
  const id = form.get('client_id');
  const secret = form.get('client_secret');
  if (form.get('client_assertion') !== undefined) {
    throw new TokenError('invalid_client', { reason: 'client assertions are not supported' });
  }
  if (id === undefined || secret === undefined) {
    throw new TokenError('invalid_client', {
      reason: 'no credentials',
      client: id === undefined ? undefined : briefId(id),
    });
  }
  return { id, secret, method: 'client_secret_post' };
}

function ambiguous(reason: string): TokenError {
  return new TokenError('invalid_request', {
    reason,
    description: 'The request carries more than one set of client credentials',
  });
}
