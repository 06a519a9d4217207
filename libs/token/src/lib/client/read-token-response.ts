import { parseScope } from '../parse-scope.js';
import { parseStrictObject } from '../strict-json.js';
import type { JsonObject } from '../types.js';

/** A token as an authorization server gave it. @internal */
export interface GivenToken {
  readonly token: string;
  /** Seconds from the request on. */
  readonly lifetime: number;
}

/** What is expected of a token response. @internal */
export interface ExpectedResponse {
  readonly scopes: readonly string[];
  /** RFC 8693 section 2.2.1: whether the answer must say what kind of token it gave. */
  readonly isExchange: boolean;
  /** Whether the token must be bound to our key, or to none: a proof that was overlooked protects nothing. */
  readonly isBound: boolean;
}

const longestToken = 8192;
const longestLifetime = 86_400;
const b64token = /^[A-Za-z0-9\-._~+/]+=*$/;

const tokenTypes: readonly unknown[] = [
  'urn:ietf:params:oauth:token-type:access_token',
  'urn:ietf:params:oauth:token-type:jwt',
];

/**
 * Reads a token response (RFC 6749 section 5.1, RFC 8693 section 2.2.1).
 *
 * Refuses with an Error whose message quotes nothing: no strict JSON object; `access_token` that is
 * no token68 of at most 8192 characters; `token_type` other than Bearer, or DPoP for a token that is
 * to be bound; `expires_in` that is no whole number from 1 to 86,400, or missing: nobody knows when
 * to renew such a token; a `scope` that lacks one that was asked for; of an exchange, another kind
 * of token than one for access.
 * @internal
 */
export function readTokenResponse(body: Uint8Array, expected: ExpectedResponse): GivenToken {
  const response = parseStrictObject(body);
  const { access_token: token, expires_in: lifetime, issued_token_type: kind } = response;
  if (typeof token !== 'string' || token.length > longestToken || !b64token.test(token))
    throw new Error('access_token is missing, too long or no token68');
  if (!Number.isInteger(lifetime) || Number(lifetime) < 1 || Number(lifetime) > longestLifetime)
    throw new Error(`expires_in is not 1 to ${longestLifetime} whole seconds`);
  if (expected.isExchange && !tokenTypes.includes(kind))
    throw new Error('issued_token_type is not that of an access token');
  checkScope(response, expected.scopes);
  checkType(response, expected.isBound ? 'DPoP' : 'Bearer');
  return { token, lifetime: Number(lifetime) };
}

/** RFC 6749 section 5.1: in any case of letters. */
function checkType({ token_type: type }: JsonObject, expected: string): void {
  if (typeof type === 'string' && type.toLowerCase() === expected.toLowerCase()) return;
  throw new Error(`token_type is not ${expected}`);
}

/** RFC 6749 section 5.1: only a `scope` that differs has to be stated. */
function checkScope({ scope }: JsonObject, asked: readonly string[]): void {
  if (scope === undefined) return;
  const given = typeof scope === 'string' ? parseScope(scope) : undefined;
  if (given === undefined) throw new Error('scope is malformed');
  if (!asked.every((one) => given.includes(one))) throw new Error('a scope is missing');
}
