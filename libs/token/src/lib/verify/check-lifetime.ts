import { refuse } from '../refuse.js';
import type { TrustedIssuer } from '../types.js';
import type { JwtPolicy } from './jwt-policy.js';
import type { TokenTimes } from './read-times.js';

/**
 * Refuses with LIFETIME_TOO_LONG a token that outlives what its issuer may grant.
 *
 * Without `iat` nobody knows how long it has lived: what is left, give or take the clock tolerance,
 * must then fit into the longest lifetime.
 * @internal
 */
export function checkLifetime(
  { issuedAt, expiresAt }: TokenTimes,
  issuer: TrustedIssuer,
  { clock, clockTolerance }: Pick<JwtPolicy, 'clock' | 'clockTolerance'>,
): void {
  const lifetime = expiresAt - (issuedAt ?? clock.now() + clockTolerance);
  if (lifetime <= issuer.maxLifetime) return;
  refuse('LIFETIME_TOO_LONG', {
    check: 'lifetime',
    issuer: issuer.name,
    expected: `at most ${issuer.maxLifetime} s`,
    got: `${lifetime} s`,
    fix: 'let the issuer make shorter tokens, or raise maxLifetime of its trust entry',
  });
}
