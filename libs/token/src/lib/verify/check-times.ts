import { refuse } from '../refuse.js';
import type { TrustedIssuer } from '../types.js';
import type { JwtPolicy } from './jwt-policy.js';
import type { TokenTimes } from './read-times.js';

/**
 * Whether a token holds now, give or take the clock tolerance.
 *
 * Refuses with TOKEN_EXPIRED from `exp` plus the tolerance on (RFC 7519 section 4.1.4), and with
 * TOKEN_NOT_YET_VALID while `iat` or `nbf` lies further ahead than the tolerance; its detail names
 * the skew, because two clocks that disagree are the usual reason.
 * @internal
 */
export function checkTimes(
  times: TokenTimes,
  issuer: TrustedIssuer,
  { clock, clockTolerance }: Pick<JwtPolicy, 'clock' | 'clockTolerance'>,
): void {
  const now = clock.now();
  // Asked this way round, a clock or a tolerance that is no number refuses.
  if (!(now < times.expiresAt + clockTolerance))
    refuse('TOKEN_EXPIRED', {
      check: 'times',
      issuer: issuer.name,
      expected: { exp: times.expiresAt, clockTolerance },
      got: { now, secondsLate: Math.floor(now - times.expiresAt) },
      fix: 'ask for a new token; if it is new, compare the clocks of issuer and service',
    });
  const { issuedAt = -Infinity, notBefore = issuedAt } = times;
  const ahead = Math.max(issuedAt, notBefore) - now;
  if (!(ahead <= clockTolerance))
    refuse('TOKEN_NOT_YET_VALID', {
      check: 'times',
      issuer: issuer.name,
      expected: { clockTolerance },
      got: {
        reason: 'clock_skew_suspected',
        claim: notBefore > issuedAt ? 'nbf' : 'iat',
        secondsAhead: Math.ceil(ahead),
      },
      fix: 'compare the clocks of issuer and service',
    });
}
