import { refuse } from '../refuse.js';
import type { JsonObject, TrustedIssuer } from '../types.js';

// RFC 6749 section 3.3: scope-token *( SP scope-token ), nothing before, between or after.
const grammar = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

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
  if (typeof scope !== 'string' || !grammar.test(scope))
    return refuse('CLAIM_INVALID', {
      check: 'scope',
      issuer: issuer.name,
      expected: 'scope as words parted by single spaces',
      got: typeof scope === 'string' ? 'a string outside the grammar' : typeof scope,
    });
  const { mayAssert } = issuer;
  const scopes = [...new Set(scope.split(' '))];
  return mayAssert === 'any' ? scopes : scopes.filter((name) => mayAssert.includes(name));
}
