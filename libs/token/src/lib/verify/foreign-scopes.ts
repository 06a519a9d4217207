import { isScopeToken, parseScope } from '../parse-scope.js';
import { refuse } from '../refuse.js';
import type { ActorKind, ForeignRules } from '../trust/foreign/dialect.js';
import type { Json, JsonObject, TrustedIssuer } from '../types.js';
import { capScopes } from './read-scopes.js';

const most = 256;

/**
 * The scopes of a token of a server that is not ours: where its dialect keeps them, as a string
 * (RFC 6749 section 3.3) or a list, less the prefix of ours, capped by what the issuer may assert.
 *
 * Refuses any other form with CLAIM_INVALID; scopes without our prefix are for somebody else.
 * @internal
 */
export function foreignScopes(
  claims: JsonObject,
  kind: ActorKind,
  { dialect, scopePrefix }: ForeignRules,
  issuer: TrustedIssuer,
): readonly string[] {
  const claim = dialect.scopeClaim(kind);
  const value = claims[claim];
  const scopes = value === undefined ? [] : listOf(value, claim === 'scope');
  if (scopes === undefined)
    return refuse('CLAIM_INVALID', {
      check: 'scope',
      issuer: issuer.name,
      expected: `${claim} as words parted by single spaces, or as a list of up to ${most} words`,
      got: typeof value === 'string' ? 'a string outside the grammar' : typeof value,
    });
  const ours = scopes
    .filter((scope) => scope.startsWith(scopePrefix) && scope !== scopePrefix)
    .map((scope) => scope.slice(scopePrefix.length));
  return capScopes(ours, issuer);
}

/** RFC 9068 and RFC 7662 know `scope` as a string only. */
function listOf(value: Json, isText: boolean): readonly string[] | undefined {
  if (typeof value === 'string') return value === '' ? [] : parseScope(value);
  if (isText || !Array.isArray(value) || value.length > most || !value.every(isScopeToken))
    return undefined;
  return [...new Set(value as readonly string[])];
}
