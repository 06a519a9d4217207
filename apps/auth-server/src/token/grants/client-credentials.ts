import { TokenError } from '../token-error.js';
import type { Grant } from '../../registry/registry.js';
import type { Authorization, GrantContext } from './grant-context.js';
import { grantedService } from './granted-service.js';
import { mayName } from './may-name.js';
import { requestedScopes } from './requested-scopes.js';

/**
 * The client credentials grant (RFC 6749 section 4.4) towards one resource (RFC 8707), optionally
 * for a user (`requested_subject`, an extension of ours). Never wider than what was granted.
 */
export function clientCredentials(context: GrantContext): Authorization {
  const { form, caller } = context;
  const { id } = caller.client;
  const { service, grant } = grantedService(context);
  const scopes = requestedScopes(grant.scopes, form.get('scope'), id);
  const subject = subjectOf(id, grant, form.get('requested_subject'));
  const act = subject === undefined ? undefined : { sub: id };
  return { client: id, service, scopes, subject, act, expiresAt: undefined };
}

function subjectOf(
  client: string,
  { subjects }: Grant,
  subject: string | undefined,
): string | undefined {
  if (subject === undefined) return undefined;
  if (subjects.length === 0) {
    throw new TokenError('unauthorized_client', {
      reason: 'the client may not speak for users towards this audience',
      client,
    });
  }
  if (mayName(subject, subjects)) return subject;
  throw new TokenError('invalid_request', {
    reason: 'requested_subject is not canonical, or outside what the client may speak for',
    description: 'The requested_subject is not a user this client may speak for',
    client,
  });
}
