import { parseScope } from '../parse-scope.js';
import { refuse } from '../refuse.js';
import type { JsonObject, TrustedIssuer } from '../types.js';

/**
 * The scopes of a token, without repetition, capped by what its issuer may assert.
 *
 * A missing `scope` is no scope. Anything that breaks the grammar (TAB, other blanks, two spaces, an
 * array, an empty string) is refused with CLAIM_INVALID; a comma belongs to the grammar, so
 * `a,b` is one odd scope, which no route asks for.
 * @internal
 */
export function readScopes({ scope }: JsonObject, issuer: TrustedIssuer): readonly string[] {
  if (scope === undefined) return [];
  const scopes = typeof scope === 'string' ? parseScope(scope) : undefined;
  if (scopes === undefined)
    return refuse('CLAIM_INVALID', {
      check: 'scope',
      issuer: issuer.name,
      expected: 'scope as words parted by single spaces',
      got: typeof scope === 'string' ? 'a string outside the grammar' : typeof scope,
    });
  return capScopes(scopes, issuer);
}

/** Those of the scopes that the issuer may assert. @internal */
export function capScopes(
  scopes: readonly string[],
  { mayAssert }: TrustedIssuer,
): readonly string[] {
  return mayAssert === 'any' ? scopes : scopes.filter((name) => mayAssert.includes(name));
}
