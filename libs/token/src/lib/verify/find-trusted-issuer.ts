import { refuse } from '../refuse.js';
import type { JsonObject, TrustedIssuer } from '../types.js';
import type { VerificationPolicy } from './verification-policy.js';

/**
 * The trust entry of a token's `iss`, compared as an exact string (RFC 7519 section 4.1.1).
 *
 * Refuses with CLAIM_INVALID an `iss` that is not a string, with ISSUER_UNTRUSTED one that is not on
 * the allow-list; no key is looked for and nothing is fetched before this.
 * @internal
 */
export function findTrustedIssuer(
  { iss }: JsonObject,
  trust: VerificationPolicy['trust'],
): TrustedIssuer {
  if (typeof iss !== 'string')
    return refuse('CLAIM_INVALID', { check: 'issuer', expected: 'iss as a string' });
  return (
    trust.find(iss) ??
    refuse('ISSUER_UNTRUSTED', {
      check: 'issuer',
      expected: 'the exact iss of a trust entry',
      got: iss,
      fix: 'list this issuer among the trust entries, if you do trust it',
    })
  );
}
