import { refuse } from '../refuse.js';
import type { Carrier, TrustedIssuer } from '../types.js';

/** Refuses with CARRIER_MISMATCH a token that did not come in its issuer's carrier. @internal */
export function checkCarrier(carrier: Carrier, issuer: TrustedIssuer): void {
  if (carrier === issuer.carrier) return;
  refuse('CARRIER_MISMATCH', {
    check: 'carrier',
    issuer: issuer.name,
    expected: issuer.carrier,
    got: carrier,
    fix: `send tokens of ${issuer.name} in its own carrier`,
  });
}
