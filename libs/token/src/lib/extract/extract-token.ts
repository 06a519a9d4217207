/**
 * First arrow: header fields -> Presented. Knows where a token may stand and in which form, and
 * nothing of what is in it; never looks at cookies, query or body.
 */
import type { AccessErrorCode, RefusalDetail } from '../errors.js';
import { refuse } from '../refuse.js';
import type { Carrier, HeaderFields, Presented } from '../types.js';

// RFC 9110 section 5.6.2 (token) for the scheme; RFC 6750 section 2.1 (b64token) for the rest.
const authorization = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?: +(.*)|)$/s;
const b64token = /^[A-Za-z0-9\-._~+/]+=*$/;
const blank = /^[ \t]*$/;

/** Headers that hold a token and nothing else. */
const bareCarriers = ['JWT', 'Token'] as const;

/**
 * Finds the one token of a request, in the carriers that some trusted issuer uses.
 *
 * `Authorization` is always looked at, `JWT` and `Token` only if accepted; the scheme name is
 * case-insensitive. Refuses with TOKEN_MISSING when there is no credential, or only one of another
 * scheme; with CREDENTIALS_MALFORMED when a value breaks the grammar (RFC 6750 section 2.1), such as
 * `Bearer` alone, a TAB, or values joined by a comma; with CREDENTIALS_AMBIGUOUS when a header has
 * two values or two headers have one each, whatever they hold.
 *
 * @example
 * extractToken(request.headersDistinct, new Set(['Bearer', 'JWT']));
 * @publicApi
 */
export function extractToken(headers: HeaderFields, carriers: ReadonlySet<Carrier>): Presented {
  const names = ['Authorization', ...bareCarriers.filter((carrier) => carriers.has(carrier))];
  const sent = names.filter((name) => isSent(headers[name.toLowerCase()]));
  const [name, ...others] = sent;
  if (name === undefined)
    return refuseCredentials('TOKEN_MISSING', { expected: names, got: 'none' });
  const [value, ...repeated] = headers[name.toLowerCase()] as readonly [string, ...string[]];
  if (others.length > 0 || repeated.length > 0)
    return refuseCredentials('CREDENTIALS_AMBIGUOUS', {
      expected: 'one credential',
      got: others.length > 0 ? sent : `${name} more than once`,
    });
  return name === 'Authorization'
    ? fromAuthorization(value, carriers)
    : { token: checkToken(value, name), carrier: name as Carrier };
}

function isSent(values: readonly string[] | undefined): boolean {
  return values !== undefined && (values.length > 1 || values.some((value) => !blank.test(value)));
}

function fromAuthorization(value: string, carriers: ReadonlySet<Carrier>): Presented {
  const [, scheme, token = ''] = authorization.exec(value) ?? [];
  if (scheme === undefined)
    return refuseCredentials('CREDENTIALS_MALFORMED', {
      expected: 'a scheme, a space, credentials',
    });
  if (scheme.toLowerCase() !== 'bearer' || !carriers.has('Bearer'))
    return refuseCredentials('TOKEN_MISSING', { expected: [...carriers], got: 'another scheme' });
  return { token: checkToken(token, 'Bearer'), carrier: 'Bearer' };
}

function checkToken(value: string, where: string): string {
  if (b64token.test(value)) return value;
  return refuseCredentials('CREDENTIALS_MALFORMED', {
    expected: `one token after ${where}, RFC 6750 section 2.1`,
    got: value === '' ? 'nothing' : 'characters outside its grammar',
  });
}

function refuseCredentials(code: AccessErrorCode, detail: RefusalDetail): never {
  return refuse(code, { check: 'credentials', ...detail });
}
