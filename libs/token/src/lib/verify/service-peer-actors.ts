import { refuse } from '../refuse.js';
import type { VerifiedToken } from '../types.js';
import type { Actors } from './actors.js';
import { readSubject } from './read-subject.js';
import { requireText } from './require-text.js';

/**
 * Caller and subject of a token that a service signed itself.
 *
 * The caller is the issuer, by our name for it. A missing `sub`, or one equal to `iss`, is no user.
 * Refuses with CLAIM_INVALID an `act` (a service speaks for itself only), a `sub` that is not a
 * non-empty string, and, unless the issuer is legacy, a missing `jti`; with SUBJECT_FORBIDDEN a user
 * it may not speak for.
 * @internal
 */
export function servicePeerActors({ claims, issuer }: VerifiedToken): Actors {
  if (issuer.profile.name !== 'legacy-service-token') requireText(claims, 'jti', issuer);
  if (claims['act'] !== undefined)
    refuse('CLAIM_INVALID', {
      check: 'act',
      issuer: issuer.name,
      expected: 'no act in a self-issued token',
    });
  const sub = claims['sub'] === undefined ? issuer.issuer : requireText(claims, 'sub', issuer);
  return {
    caller: { kind: 'service', issuer: issuer.issuer, id: issuer.issuer, name: issuer.name },
    subject: sub === issuer.issuer ? undefined : readSubject(sub, issuer),
  };
}
