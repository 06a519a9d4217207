import type { AccessErrorCode } from '../errors.js';
import { refuse } from '../refuse.js';
import type { VerifiedToken } from '../types.js';

/**
 * Compares `htm` and `htu` (named as in RFC 9449 section 4.2, but with the query) with the method
 * and the whole URL, both as they are written: another spelling of a path is another path.
 *
 * Refuses with CLAIM_INVALID a claim that is missing or no string, with REQUEST_MISMATCH another
 * value.
 * @internal
 */
export function checkRequestClaims(token: VerifiedToken, method: string, url: string): void {
  compare(token, 'htm', method);
  compare(token, 'htu', url);
}

function compare({ claims, issuer }: VerifiedToken, name: 'htm' | 'htu', expected: string): void {
  const got = claims[name];
  if (got === expected) return;
  const isText = typeof got === 'string' && got !== '';
  const code: AccessErrorCode = isText ? 'REQUEST_MISMATCH' : 'CLAIM_INVALID';
  refuse(code, {
    check: name,
    issuer: issuer.name,
    // Without the query, which may hold what must not be logged.
    expected: withoutQuery(expected),
    got: isText ? withoutQuery(got) : got === '' ? 'an empty string' : typeof got,
    fix: 'sign the method and the public URL exactly as they are sent, query included',
  });
}

const withoutQuery = (url: string): string => url.replace(/\?.*$/s, '?...');
