import {
  parseScope,
  type Clock,
  type TrustedIssuer,
  type TrustEntry,
  type VerifiedToken,
} from '@countersign/token';

import type { LiveRegistry } from '../registry/live-registry.js';
import { refuseRevoked } from '../status/own-issuer.js';

/** What decides who still administers this server. */
export interface AdminIssuerDeps {
  readonly own: TrustedIssuer;
  readonly registry: LiveRegistry;
  readonly clock: Clock;
}

/**
 * This server's trust in itself, for its admin API: an administrator who was removed a moment ago is
 * none, whatever token is left. For other audiences a right that was taken ends with the token; here
 * it could be given back to oneself.
 */
export function adminIssuer(deps: AdminIssuerDeps): TrustEntry {
  const { own } = deps;
  return Object.freeze({
    ...own,
    keys: Object.freeze({ from: 'configuration', store: own.keys }),
    revocation: Object.freeze({
      check: (token: VerifiedToken) => {
        own.revocation?.check(token);
        if (!isStillGranted(token, deps)) refuseRevoked('a right that is held still');
      },
    }),
  });
}

function isStillGranted(
  { claims, audience }: VerifiedToken,
  { own, registry, clock }: AdminIssuerDeps,
): boolean {
  const admin = `${own.issuer}/admin`;
  // A token for another audience is refused by the rule, by its right name.
  if (!audience.includes(admin)) return true;
  const grant = registry.current.find(String(claims['client_id']))?.grants.get(admin);
  if (!grant || (grant.expiresAt ?? Infinity) <= clock.now()) return false;
  const scopes = parseScope(String(claims['scope'] ?? '')) ?? [];
  return scopes.every((scope) => grant.scopes.includes(scope));
}
