import type { JsonObject, TrustedIssuer, VerifiedToken } from '../types.js';
import type { CheckedClaims } from './check-claims.js';
import { deepFreeze } from './deep-freeze.js';

/**
 * What is known of a token whose claims somebody has vouched for, frozen. The last check: refuses with
 * TOKEN_REVOKED what is revoked, and with REVOCATION_UNAVAILABLE (503) what nobody could tell of.
 * @internal
 */
export function toVerified(
  claims: JsonObject,
  { audience, times }: CheckedClaims,
  issuer: TrustedIssuer,
  kid?: string,
): VerifiedToken {
  const verified = Object.freeze<VerifiedToken>({
    issuer,
    claims: deepFreeze(claims),
    audience: Object.freeze([...audience]),
    kid,
    issuedAt: times.issuedAt,
    expiresAt: times.expiresAt,
  });
  issuer.revocation?.check(verified);
  return verified;
}
