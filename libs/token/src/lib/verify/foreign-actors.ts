import { refuse } from '../refuse.js';
import type { JsonObject, SubjectRef, TrustedIssuer, VerifiedToken } from '../types.js';
import type { ActorKind, ForeignRules } from '../trust/foreign/dialect.js';
import type { Actors } from './actors.js';
import { foreignClient } from './foreign-client.js';
import { isActor } from './is-actor.js';
import { readClient } from './read-client.js';
import { readSubject } from './read-subject.js';
import { requireText } from './require-text.js';

/**
 * Caller and subject of an access token of a server that is not ours, and whose right it is.
 *
 * Refuses with CLAIM_INVALID a token that names no client, or two, or does not say clearly whether it
 * is for a user or the client itself; one for a user without `act`, unless that is given up; and
 * with SUBJECT_FORBIDDEN a user that it may not speak for.
 * @internal
 */
export function foreignActors(
  { claims, issuer }: VerifiedToken,
  rules: ForeignRules,
): Actors & { readonly kind: ActorKind } {
  const { dialect } = rules;
  const clientId = foreignClient(claims, dialect, issuer);
  const caller = readClient(clientId, issuer);
  const kind = dialect.actorKind(claims, clientId);
  if (kind === undefined)
    return refuse('CLAIM_INVALID', {
      check: 'subject',
      issuer: issuer.name,
      expected: 'claims that say whether a user or the client itself acts',
    });
  checkAct(claims, clientId, kind, rules, issuer);
  const subject = kind === 'user' ? foreignSubject(claims, rules, issuer) : undefined;
  return { caller, subject, kind };
}

function checkAct(
  { act }: JsonObject,
  clientId: string,
  kind: ActorKind,
  { relaxations }: ForeignRules,
  issuer: TrustedIssuer,
): void {
  const mayMiss = kind === 'service' || relaxations.includes('act-missing');
  const isGood = act === undefined ? mayMiss : kind === 'user' && isActor(act, clientId, issuer);
  if (isGood) return;
  refuse('CLAIM_INVALID', {
    check: 'act',
    issuer: issuer.name,
    expected: kind === 'service' ? 'no act where the client itself acts' : { sub: clientId },
    got: act === undefined ? 'none' : 'another act',
  });
}

function foreignSubject(
  claims: JsonObject,
  { dialect, subjectPrefix }: ForeignRules,
  issuer: TrustedIssuer,
): SubjectRef {
  const name = requireText(claims, dialect.userClaim, issuer);
  // What cannot be escaped to one spelling (a slash, dots) is no canonical URI, and is refused there.
  const uri = subjectPrefix === undefined ? name : subjectPrefix + escapeName(name);
  return readSubject(uri, issuer);
}

/** A lone surrogate has no UTF-8; it stays what it is, which no canonical URI holds. */
function escapeName(name: string): string {
  return /\p{Surrogate}/u.test(name) ? name : encodeURIComponent(name);
}
