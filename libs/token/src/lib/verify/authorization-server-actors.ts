import { refuse } from '../refuse.js';
import type { VerifiedToken } from '../types.js';
import type { Actors } from './actors.js';
import { isActor } from './is-actor.js';
import { readClient } from './read-client.js';
import { readSubject } from './read-subject.js';
import { requireText } from './require-text.js';

/**
 * Caller and subject of an access token (RFC 9068, RFC 8693 section 4.1).
 *
 * The caller is `client_id`. A token of the client's own right has `sub` equal to it and no `act`;
 * any other `sub` is a user, and then `act.sub` must be the client. Refuses other shapes with
 * CLAIM_INVALID, other users with SUBJECT_FORBIDDEN. Inner `act` members are history, never actors.
 * @internal
 */
export function authorizationServerActors({ claims, issuer }: VerifiedToken): Actors {
  const clientId = requireText(claims, 'client_id', issuer);
  const sub = requireText(claims, 'sub', issuer);
  requireText(claims, 'jti', issuer);
  const caller = readClient(clientId, issuer);
  const { act } = claims;
  const isOwnRight = sub === clientId;
  if (isOwnRight ? act !== undefined : !isActor(act, clientId, issuer)) {
    refuse('CLAIM_INVALID', {
      check: 'act',
      issuer: issuer.name,
      expected: isOwnRight ? 'no act where sub is the client' : { sub: clientId },
      got: act === undefined ? 'none' : 'another act',
    });
  }
  return {
    caller,
    subject: isOwnRight ? undefined : readSubject(sub, issuer),
  };
}
