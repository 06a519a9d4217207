import type { Statement } from '../assertions/assertions.js';
import { TokenError } from '../token-error.js';
import type { Authorization, GrantContext } from './grant-context.js';
import { grantedService } from './granted-service.js';
import { mayName } from './may-name.js';
import { requestedScopes } from './requested-scopes.js';
import { exchanged } from './token-exchange.js';

/**
 * The JWT bearer grant (RFC 7523 section 2.1): an assertion says, signed, for which user the client
 * acts. The client may sign it itself, for users within its grant; a trusted issuer may, for its own
 * users, and then the client needs an edge from `<issuer>/exchange`, as for a token of that issuer.
 *
 * What is wrong with the assertion is `invalid_grant`. It is used once, and only if everything else
 * holds.
 */
export async function jwtBearer(context: GrantContext): Promise<Authorization> {
  const { form, caller, assertions } = context;
  const { client } = caller;
  const assertion = form.get('assertion');
  if (assertion === undefined) {
    throw new TokenError('invalid_request', { reason: 'no assertion', client: client.id });
  }
  if (form.get('requested_subject') !== undefined) {
    const reason = 'the assertion says who the subject is, not a parameter';
    throw new TokenError('invalid_request', { reason, client: client.id });
  }
  const statement = await assertions.statement(assertion, { ...context, client });
  const authorization = statement.isOwn
    ? forOwnStatement(context, statement)
    : forTrustedStatement(context, statement);
  await statement.use();
  return authorization;
}

function forOwnStatement(context: GrantContext, { subject }: Statement): Authorization {
  const { form, caller } = context;
  const { id } = caller.client;
  const { service, grant } = grantedService(context);
  if (grant.subjects.length === 0) {
    const reason = 'the client may not speak for users towards this audience';
    throw new TokenError('unauthorized_client', { reason, client: id });
  }
  if (!mayName(subject.subject, grant.subjects)) {
    const reason = 'the subject is not canonical, or outside what the client may speak for';
    throw new TokenError('invalid_grant', { reason, client: id });
  }
  return {
    client: id,
    service,
    scopes: requestedScopes(grant.scopes, form.get('scope'), id),
    subject: subject.subject,
    act: { sub: id },
    // A client may name the user for each request anew: its assertion is not what ends its right.
    expiresAt: undefined,
    boundTo: subject.boundTo,
  };
}

function forTrustedStatement(context: GrantContext, { subject }: Statement): Authorization {
  const { caller, issuer } = context;
  const { id } = caller.client;
  if (subject.issuedTo !== undefined && subject.issuedTo !== id) {
    const reason = 'the assertion was made for another client';
    throw new TokenError('invalid_grant', { reason, client: id });
  }
  const presented = { ...subject, audience: `${issuer}/exchange`, issuedTo: id };
  return exchanged(context, presented, { showsActor: true, code: 'invalid_grant' });
}
