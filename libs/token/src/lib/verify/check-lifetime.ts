import { refuse } from '../refuse.js';
import type { TrustedIssuer } from '../types.js';
import type { TokenTimes } from './read-times.js';

/** Refuses with LIFETIME_TOO_LONG a token that outlives what its issuer may grant. @internal */
export function checkLifetime({ issuedAt, expiresAt }: TokenTimes, issuer: TrustedIssuer): void {
  const lifetime = expiresAt - issuedAt;
  if (lifetime <= issuer.maxLifetime) return;
  refuse('LIFETIME_TOO_LONG', {
    check: 'lifetime',
    issuer: issuer.name,
    expected: `at most ${issuer.maxLifetime} s`,
    got: `${lifetime} s`,
    fix: 'let the issuer make shorter tokens, or raise maxLifetime of its trust entry',
  });
}
