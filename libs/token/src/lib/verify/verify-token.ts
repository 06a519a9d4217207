/**
 * Second arrow: Presented -> VerifiedToken. Adds to the one verifier what only a presented token
 * has: the carrier it came in.
 */
import { looksSigned } from '../introspection/looks-signed.js';
import type { Presented, VerifiedToken } from '../types.js';
import { checkCarrier } from './check-carrier.js';
import { findTrustedIssuer } from './find-trusted-issuer.js';
import type { Proof } from './proof.js';
import { proveByAnswer } from './prove-by-answer.js';
import type { VerificationPolicy } from './verification-policy.js';
import { proveJwtOrAsk } from './verify-jwt.js';

/**
 * Verifies a presented token: form, issuer, carrier, type, algorithm, claims, times, key, signature,
 * revocation.
 *
 * Rejects with the AccessError of the first check that fails; with KEYS_UNAVAILABLE or
 * REVOCATION_UNAVAILABLE (503) when nobody could tell. Proves who said what, not a right to anything:
 * audience, scopes and caller are for the rule of a route. Nor that the sender is the one a token with
 * `cnf` is bound to: that is for `checkPossession`. The result is frozen, claims included.
 *
 * @example
 * const verified = await verifyToken(extractToken(headers, trust.carriers), policy);
 * const principal = toPrincipal(verified);
 * @publicApi
 */
export async function verifyToken(
  presented: Presented,
  policy: VerificationPolicy,
): Promise<VerifiedToken> {
  return (await proveToken(presented, policy)).verified;
}

/** {@link verifyToken}, which also tells by which key and times the token held. @internal */
export function proveToken(
  { token, carrier }: Presented,
  policy: VerificationPolicy,
): Promise<Proof> {
  const opaque = looksSigned(token) ? undefined : policy.trust.opaque?.(carrier);
  if (opaque?.introspection !== undefined) {
    policy.trace?.passed('issuer', opaque.issuer, opaque.name);
    return proveByAnswer(token, opaque, opaque.introspection, policy);
  }
  return proveJwtOrAsk(token, {
    ...policy,
    issuerOf: (claims) => {
      const issuer = findTrustedIssuer(claims, policy.trust);
      policy.trace?.passed('issuer', issuer.issuer, issuer.name);
      checkCarrier(carrier, issuer);
      policy.trace?.passed('carrier', carrier);
      return issuer;
    },
  });
}
