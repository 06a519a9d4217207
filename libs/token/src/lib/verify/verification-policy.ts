import type { Carrier, TrustedIssuer } from '../types.js';
import type { JwtPolicy } from './jwt-policy.js';

/** What one service holds every token to. @publicApi */
export interface VerificationPolicy extends Omit<JwtPolicy, 'issuerOf'> {
  /** The allow-list: a trust registry. */
  readonly trust: {
    find(iss: string): TrustedIssuer | undefined;
    /** The one server that is asked about opaque tokens in this carrier, if any is. */
    opaque?(carrier: Carrier): TrustedIssuer | undefined;
  };
}
