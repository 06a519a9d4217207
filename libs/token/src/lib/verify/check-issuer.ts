import { refuse } from '../refuse.js';
import { trustDomainOf } from '../trust/spiffe-id.js';
import type { JsonObject, TrustedIssuer } from '../types.js';

/**
 * Whether the claims are in the name of this issuer, however it was found: `iss` compared as an exact
 * string (RFC 7519 section 4.1.1), or the trust domain of a SPIFFE ID in `sub` (JWT-SVID section 3).
 *
 * What its key alone vouches for is in nobody's name. Refuses others with ISSUER_UNTRUSTED, and an
 * `iss` that is not a string with CLAIM_INVALID.
 * @internal
 */
export function checkIssuer({ iss, sub }: JsonObject, issuer: TrustedIssuer): void {
  if (issuer.profile.issuedBy === 'key') return;
  const byDomain = issuer.profile.issuedBy === 'trust-domain';
  if (!byDomain && typeof iss !== 'string')
    refuse('CLAIM_INVALID', { check: 'issuer', expected: 'iss as a string', issuer: issuer.name });
  const named = byDomain ? trustDomainOf(sub) : iss;
  if (named === issuer.issuer) return;
  refuse('ISSUER_UNTRUSTED', {
    check: 'issuer',
    issuer: issuer.name,
    expected: issuer.issuer,
    got: named ?? 'no SPIFFE ID',
    fix: 'sign in the name that this issuer is trusted under',
  });
}
