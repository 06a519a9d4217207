import { refuse } from '../refuse.js';
import type { JsonObject, TrustedIssuer } from '../types.js';

/** When a token says it holds, in seconds since the epoch. @internal */
export interface TokenTimes {
  /** Undefined only where the profile lets `iat` be missing. */
  readonly issuedAt: number | undefined;
  readonly expiresAt: number;
  readonly notBefore: number | undefined;
}

/**
 * `exp` and `iat`, both mandatory unless the profile lets one be missing, and `nbf` if present
 * (RFC 7519 section 4.1).
 *
 * Whole seconds, zero or more, as JSON numbers that keep their value; refuses anything else, and an
 * `exp` that is not after `iat`, with CLAIM_INVALID.
 * @internal
 */
export function readTimes(claims: JsonObject, issuer: TrustedIssuer): TokenTimes {
  const mayLackIat = issuer.profile.issuedAt === 'optional' && claims['iat'] === undefined;
  const issuedAt = mayLackIat ? undefined : seconds(claims, 'iat', issuer);
  const expiresAt = expiryOf(claims, issuedAt, issuer);
  const notBefore = claims['nbf'] === undefined ? undefined : seconds(claims, 'nbf', issuer);
  if (issuedAt !== undefined && expiresAt <= issuedAt)
    refuse('CLAIM_INVALID', {
      check: 'times',
      issuer: issuer.name,
      expected: 'exp after iat',
      got: { exp: expiresAt, iat: issuedAt },
    });
  return { issuedAt, expiresAt, notBefore };
}

/** Where it is capped, what lives too long is not refused but ends earlier than it says. */
function expiryOf(claims: JsonObject, issuedAt: number | undefined, issuer: TrustedIssuer): number {
  const isCapped = issuer.profile.expiry === 'capped' && issuedAt !== undefined;
  const cap = isCapped ? issuedAt + issuer.maxLifetime : Infinity;
  if (isCapped && claims['exp'] === undefined) return cap;
  return Math.min(seconds(claims, 'exp', issuer), cap);
}

function seconds(claims: JsonObject, name: 'exp' | 'iat' | 'nbf', issuer: TrustedIssuer): number {
  const value = claims[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  return refuse('CLAIM_INVALID', {
    check: 'times',
    issuer: issuer.name,
    expected: `${name} as whole seconds since the epoch`,
    got: typeof value === 'number' ? String(value) : typeof value,
  });
}
