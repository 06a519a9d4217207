import { isCanonicalUri, isWithin, parseScope } from '@countersign/token';

import type { Client, Grant } from '../registry/registry.js';
import type { FormParameters } from './parse-form.js';
import { TokenError } from './token-error.js';

/** What a token will say: decided, not yet signed. */
export interface Authorization {
  readonly client: string;
  readonly audience: string;
  readonly scopes: readonly string[];
  /** The user the client speaks for, if it does. */
  readonly subject: string | undefined;
}

/** Longest user URI that goes into a token. */
const longestSubject = 1024;

/**
 * The client credentials grant (RFC 6749 section 4.4) towards one resource (RFC 8707), optionally
 * for a user (`requested_subject`, an extension of ours). Never wider than what was granted.
 */
export function clientCredentials(client: Client, form: FormParameters): Authorization {
  const grant = grantFor(client, form.resources);
  return {
    client: client.id,
    audience: grant.audience,
    scopes: scopesOf(client, grant, form.get('scope')),
    subject: subjectOf(client, grant, form.get('requested_subject')),
  };
}

function grantFor(client: Client, resources: readonly string[]): Grant {
  const refused = (reason: string) =>
    new TokenError('invalid_target', { reason, client: client.id });
  const [resource, second] = resources;
  if (second !== undefined) throw refused('two resources: a token is for one audience');
  if (resource !== undefined) {
    const grant = client.grants.get(resource);
    if (!grant) throw refused('the resource is unknown or not granted');
    return grant;
  }
  const [only, another] = client.grants.values();
  if (!only) throw refused('nothing is granted to this client');
  if (another) throw refused('several audiences are granted and none is named');
  return only;
}

function scopesOf(client: Client, grant: Grant, scope: string | undefined): readonly string[] {
  const refused = (reason: string) =>
    new TokenError('invalid_scope', { reason, client: client.id });
  if (scope === undefined && grant.scopes.length > 0) return grant.scopes;
  if (scope === undefined) throw refused('the service no longer offers what was granted');
  const requested = parseScope(scope);
  if (requested === undefined) throw refused('the scope breaks its grammar');
  const granted = grant.scopes.filter((name) => requested.includes(name));
  if (granted.length === requested.length) return granted;
  // An unknown scope is an error, never dropped: the client would learn it at the resource only.
  throw refused('a scope is unknown or not granted for this audience');
}

function subjectOf(client: Client, grant: Grant, subject: string | undefined): string | undefined {
  if (subject === undefined) return undefined;
  if (grant.subjects.length === 0) {
    throw new TokenError('unauthorized_client', {
      reason: 'the client may not speak for users towards this audience',
      client: client.id,
    });
  }
  const isAllowed =
    subject.length <= longestSubject &&
    isCanonicalUri(subject) &&
    isWithin(subject, grant.subjects);
  if (isAllowed) return subject;
  throw new TokenError('invalid_request', {
    reason: 'requested_subject is not canonical, or outside what the client may speak for',
    description: 'The requested_subject is not a user this client may speak for',
    client: client.id,
  });
}
