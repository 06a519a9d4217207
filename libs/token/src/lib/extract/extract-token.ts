/**
 * First arrow: header fields -> Presented. Knows where a token may stand and in which form, and
 * nothing of what is in it; never looks at cookies, query or body.
 */
import type { AccessErrorCode, RefusalDetail } from '../errors.js';
import { refuse } from '../refuse.js';
import type { Carrier, HeaderFields, Json, Presented } from '../types.js';

// RFC 9110 section 5.6.2 (token) for the scheme; RFC 6750 section 2.1 (b64token) for the rest.
const authorization = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?: +(.*)|)$/s;
const b64token = /^[A-Za-z0-9\-._~+/]+=*$/;
/** RFC 6750 section 2.1, RFC 9449 section 7.1. */
const schemes: ReadonlyMap<string, Carrier> = new Map([
  ['bearer', 'Bearer'],
  ['dpop', 'DPoP'],
]);
const blank = /^[ \t]*$/;

/** Where a token may stand: `Authorization`, and headers that hold a token and nothing else. */
const places = [
  { name: 'Authorization', field: 'authorization' },
  { name: 'JWT', field: 'jwt' },
  { name: 'Token', field: 'token' },
] as const;

type Place = (typeof places)[number];

/**
 * Finds the one token of a request, in the carriers that some trusted issuer uses.
 *
 * `Authorization` is always looked at, for the schemes `Bearer` and `DPoP` if accepted, in any case;
 * `JWT` and `Token` only if accepted. Refuses with TOKEN_MISSING when there is no credential, or only
 * one of another scheme; with CREDENTIALS_MALFORMED when a value breaks the grammar (RFC 6750 section
 * 2.1), such as `Bearer` alone, a TAB, or values joined by a comma; with CREDENTIALS_AMBIGUOUS when a
 * header has two values or two headers have one each, whatever they hold.
 *
 * @example
 * extractToken(request.headersDistinct, new Set(['Bearer', 'JWT']));
 * @publicApi
 */
export function extractToken(headers: HeaderFields, carriers: ReadonlySet<Carrier>): Presented {
  let sent: Place | undefined;
  for (const place of places) {
    if (!isLookedAt(place, carriers) || !isSent(headers[place.field])) continue;
    if (sent !== undefined) return refuseAmbiguous([sent.name, place.name]);
    sent = place;
  }
  if (sent === undefined) {
    const looked = places.filter((place) => isLookedAt(place, carriers));
    return refuseCredentials('TOKEN_MISSING', {
      expected: looked.map(({ name }) => name),
      got: 'none',
    });
  }
  const { name, field } = sent;
  const values = headers[field] as readonly [string, ...string[]];
  if (values.length > 1) return refuseAmbiguous(`${name} more than once`);
  return name === 'Authorization'
    ? fromAuthorization(values[0], carriers)
    : { token: checkToken(values[0], name), carrier: name };
}

/**
 * Whether a request says anything of who makes it, in any place where a token may stand: an absent token
 * is told from one that this service does not read, such as of another scheme.
 * @publicApi
 */
export function carriesCredentials(headers: HeaderFields): boolean {
  return places.some(({ field }) => isSent(headers[field]));
}

function isLookedAt({ name }: Place, carriers: ReadonlySet<Carrier>): boolean {
  return name === 'Authorization' || carriers.has(name);
}

function isSent(values: readonly string[] | undefined): boolean {
  if (values === undefined) return false;
  const [first] = values;
  return values.length > 1 || (first !== undefined && !blank.test(first));
}

function refuseAmbiguous(got: Json): never {
  return refuseCredentials('CREDENTIALS_AMBIGUOUS', { expected: 'one credential', got });
}

function fromAuthorization(value: string, carriers: ReadonlySet<Carrier>): Presented {
  const [, scheme, token = ''] = authorization.exec(value) ?? [];
  if (scheme === undefined)
    return refuseCredentials('CREDENTIALS_MALFORMED', {
      expected: 'a scheme, a space, credentials',
    });
  const carrier = schemes.get(scheme.toLowerCase());
  if (carrier === undefined || !carriers.has(carrier))
    return refuseCredentials('TOKEN_MISSING', { expected: [...carriers], got: 'another scheme' });
  return { token: checkToken(token, carrier), carrier };
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
