/**
 * Second arrow: Presented -> VerifiedToken. Reads top to bottom, cheapest refusal first, and no key
 * is looked for before the issuer is known to be trusted. Knows no route and no transport.
 */
import { parseToken } from '../extract/parse-token.js';
import { refuse } from '../refuse.js';
import type { Presented, VerifiedToken } from '../types.js';
import { checkAlgorithm } from './check-algorithm.js';
import { checkCarrier } from './check-carrier.js';
import { checkLifetime } from './check-lifetime.js';
import { checkTimes } from './check-times.js';
import { checkType } from './check-type.js';
import { deepFreeze } from './deep-freeze.js';
import { findKey } from './find-key.js';
import { findTrustedIssuer } from './find-trusted-issuer.js';
import { readAudience } from './read-audience.js';
import { readTimes } from './read-times.js';
import { requireText } from './require-text.js';
import type { VerificationPolicy } from './verification-policy.js';
import { verifySignature } from './verify-signature.js';

/**
 * Verifies a presented token: form, issuer, carrier, type, algorithm, claims, times, key, signature.
 *
 * Rejects with the AccessError of the first check that fails; with KEYS_UNAVAILABLE (503) when nobody
 * could tell. Proves who said what, not a right to anything: audience, scopes and caller are for the
 * rule of a route. The result is frozen, claims included.
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
  const parsed = parseToken(presented.token, { maxBytes: policy.maxTokenBytes });
  const { header, claims } = parsed;
  const issuer = findTrustedIssuer(claims, policy.trust);
  checkCarrier(presented.carrier, issuer);
  checkType(header, issuer);
  const algorithm = checkAlgorithm(header, issuer);
  const audience = readAudience(claims, issuer);
  for (const name of issuer.profile.requiredClaims) requireText(claims, name, issuer);
  const times = readTimes(claims, issuer);
  checkLifetime(times, issuer);
  checkTimes(times, issuer, policy);
  const { issuedAt, expiresAt } = times;
  const key = await findKey(header, algorithm, issuedAt, issuer);
  if (!verifySignature(parsed, key))
    refuse('SIGNATURE_INVALID', {
      check: 'signature',
      issuer: issuer.name,
      expected: `a signature by key ${key.kid ?? '(the only one)'}`,
      got: `an ${algorithm} signature by another key, or of other content`,
      fix: 'send the token exactly as its issuer signed it',
    });
  return Object.freeze({
    issuer,
    claims: deepFreeze(claims),
    audience: Object.freeze([...audience]),
    issuedAt,
    expiresAt,
  });
}
