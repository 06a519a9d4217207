import { parseScope } from '@countersign/token';

import { TokenError } from '../token-error.js';

/**
 * The scopes of a token: those that `scope` names, all of which must be among `bound`; all of
 * `bound` if it names none. Never an empty set, and nothing is dropped in silence: the client would
 * learn it at the resource only.
 */
export function requestedScopes(
  bound: readonly string[],
  scope: string | undefined,
  client: string,
): readonly string[] {
  const refused = (reason: string) => new TokenError('invalid_scope', { reason, client });
  if (scope === undefined && bound.length > 0) return bound;
  if (scope === undefined) throw refused('no scope is left of what was granted');
  const requested = parseScope(scope);
  if (requested === undefined) throw refused('the scope breaks its grammar');
  const granted = bound.filter((name) => requested.includes(name));
  if (granted.length === requested.length) return granted;
  throw refused('a scope is unknown or not granted for this audience');
}
