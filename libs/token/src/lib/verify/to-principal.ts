import type { ForeignRules } from '../trust/foreign/dialect.js';
import type { Principal, VerifiedToken } from '../types.js';
import type { Actors } from './actors.js';
import { authorizationServerActors } from './authorization-server-actors.js';
import { deepFreeze } from './deep-freeze.js';
import { foreignActors } from './foreign-actors.js';
import { foreignScopes } from './foreign-scopes.js';
import { readScopes } from './read-scopes.js';
import { servicePeerActors } from './service-peer-actors.js';

/**
 * Third arrow: VerifiedToken -> Principal, frozen. What a token says is bounded by what the trust
 * entry of its issuer lets it say.
 *
 * Refuses with CLAIM_INVALID claims of the wrong form or that contradict each other, and with
 * SUBJECT_FORBIDDEN a user the issuer may not speak for. Scopes beyond `mayAssert` are left out.
 * Throws a TypeError for an assertion: it proves something to an endpoint, and nobody acts by it.
 * @publicApi
 */
export function toPrincipal(verified: VerifiedToken): Principal {
  const { issuer, claims, audience, expiresAt } = verified;
  if (issuer.foreign !== undefined) return foreignPrincipal(verified, issuer.foreign);
  const { caller, subject } = actorsOf(verified);
  const scopes = readScopes(claims, issuer);
  return deepFreeze({ caller, subject, scopes, audience, claims, expiresAt });
}

function foreignPrincipal(verified: VerifiedToken, rules: ForeignRules): Principal {
  const { issuer, claims, audience, expiresAt } = verified;
  const { caller, subject, kind } = foreignActors(verified, rules);
  const scopes = foreignScopes(claims, kind, rules, issuer);
  const { relaxations } = rules;
  const relaxed = relaxations.length > 0 && { relaxed: relaxations };
  return deepFreeze({ caller, subject, scopes, audience, claims, ...relaxed, expiresAt });
}

function actorsOf(verified: VerifiedToken): Actors {
  switch (verified.issuer.kind) {
    case 'authorization-server':
      return authorizationServerActors(verified);
    case 'service-peer':
      return servicePeerActors(verified);
    default:
      throw new TypeError(`${verified.issuer.profile.name} makes no principal`);
  }
}
