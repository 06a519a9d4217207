import { refuse } from '../refuse.js';
import type { Carrier, TrustedIssuer } from '../types.js';

/**
 * Refuses with CARRIER_MISMATCH a token that did not come in its issuer's carrier. `DPoP` is one of
 * `Bearer`, with a proof beside it (RFC 9449 section 7.2); whether the token is bound to one is
 * for `checkPossession` to say.
 * @internal
 */
export function checkCarrier(carrier: Carrier, issuer: TrustedIssuer): void {
  if (carrier === issuer.carrier || (carrier === 'DPoP' && issuer.carrier === 'Bearer')) return;
  refuse('CARRIER_MISMATCH', {
    check: 'carrier',
    issuer: issuer.name,
    expected: issuer.carrier,
    got: carrier,
    fix: `send tokens of ${issuer.name} in its own carrier`,
  });
}
