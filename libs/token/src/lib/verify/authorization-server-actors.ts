import { refuse } from '../refuse.js';
import type { Json, JsonObject, TrustedIssuer, VerifiedToken } from '../types.js';
import type { Actors } from './actors.js';
import { readSubject } from './read-subject.js';
import { requireText } from './require-text.js';

// Never a URI, so that no client can be taken for a user, nor a user for a client.
const clientIdForm = /^[A-Za-z0-9._~-]{1,128}$/;

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
  if (!clientIdForm.test(clientId))
    refuse('CLAIM_INVALID', {
      check: 'client_id',
      issuer: issuer.name,
      expected: '1 to 128 letters, digits, or . _ ~ -',
      got: clientId,
    });
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
    caller: {
      kind: 'service',
      issuer: issuer.issuer,
      id: clientId,
      name: Object.hasOwn(issuer.callers, clientId) ? issuer.callers[clientId] : undefined,
    },
    subject: isOwnRight ? undefined : readSubject(sub, issuer),
  };
}

/** A client id has its meaning under its issuer: an `iss` beside it may name no other. */
function isActor(act: Json | undefined, clientId: string, issuer: TrustedIssuer): boolean {
  if (typeof act !== 'object' || act === null || Array.isArray(act)) return false;
  const { sub, iss = issuer.issuer } = act as JsonObject;
  return sub === clientId && iss === issuer.issuer;
}
