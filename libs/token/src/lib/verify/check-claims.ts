import type { JsonObject, TrustedIssuer } from '../types.js';
import { checkDialect } from './check-dialect.js';
import { checkLifetime } from './check-lifetime.js';
import { checkTimes } from './check-times.js';
import type { JwtPolicy } from './jwt-policy.js';
import { readAudience } from './read-audience.js';
import { readTimes } from './read-times.js';
import type { TokenTimes } from './read-times.js';
import { requireText } from './require-text.js';

/** What the claims of a token say for itself. @internal */
export interface CheckedClaims {
  readonly audience: readonly string[];
  readonly times: TokenTimes;
}

/** Every check of claims that needs neither key nor route, cheapest first. @internal */
export function checkClaims(
  claims: JsonObject,
  issuer: TrustedIssuer,
  policy: Pick<JwtPolicy, 'clock' | 'clockTolerance' | 'trace'>,
): CheckedClaims {
  checkDialect(claims, issuer);
  const audience = readAudience(claims, issuer);
  for (const name of issuer.profile.requiredClaims) requireText(claims, name, issuer);
  policy.trace?.passed('claims', issuer.profile.name);
  const times = readTimes(claims, issuer);
  checkLifetime(times, issuer, policy);
  checkTimes(times, issuer, policy);
  policy.trace?.passed('times', timesLeft(times, policy.clock.now()));
  return { audience, times };
}

/** How old a token is and how long it holds, in seconds; the words of the trace. @internal */
export function timesLeft({ issuedAt, expiresAt }: TokenTimes, now: number): JsonObject {
  const secondsLeft = Math.floor(expiresAt - now);
  return issuedAt === undefined
    ? { secondsLeft }
    : { secondsOld: Math.floor(now - issuedAt), secondsLeft };
}
