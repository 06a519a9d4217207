import type { Json, JsonObject, TrustedIssuer } from '../types.js';

/**
 * Whether an `act` (RFC 8693 section 4.1) names this client. A client id has its meaning under its
 * issuer: an `iss` beside it may name no other.
 * @internal
 */
export function isActor(act: Json | undefined, clientId: string, issuer: TrustedIssuer): boolean {
  if (typeof act !== 'object' || act === null || Array.isArray(act)) return false;
  const { sub, iss = issuer.issuer } = act as JsonObject;
  return sub === clientId && iss === issuer.issuer;
}
