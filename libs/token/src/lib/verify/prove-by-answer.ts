/**
 * Verification by question: what a server says of its token (RFC 7662) takes the place of a
 * signature, and is held to all that the claims of a signed token are held to.
 */
import type { Introspection } from '../introspection/introspection.js';
import { refuse } from '../refuse.js';
import type { TrustedIssuer } from '../types.js';
import { checkClaims } from './check-claims.js';
import type { JwtPolicy } from './jwt-policy.js';
import type { Proof } from './proof.js';
import { toVerified } from './to-verified.js';

/**
 * Asks the issuer about a token and checks what it answers: issuer, audience, claims, times.
 *
 * Rejects with TOKEN_INACTIVE or INTROSPECTION_UNAVAILABLE as the server decides, and else with the
 * AccessError of the first check that fails.
 * @internal
 */
export async function proveByAnswer(
  token: string,
  issuer: TrustedIssuer,
  introspection: Introspection,
  policy: Omit<JwtPolicy, 'issuerOf'>,
): Promise<Proof> {
  if (!(token.length <= policy.maxTokenBytes))
    refuse('TOKEN_MALFORMED', {
      check: 'size',
      expected: policy.maxTokenBytes,
      got: token.length,
    });
  const { claims, askedAt } = await introspection.ask(token);
  const { iss = issuer.issuer } = claims;
  if (iss !== issuer.issuer)
    refuse('ISSUER_UNTRUSTED', {
      check: 'issuer',
      issuer: issuer.name,
      expected: issuer.issuer,
      got: typeof iss === 'string' ? iss : `iss as ${typeof iss}`,
      fix: 'ask a server about its own tokens only',
    });
  policy.trace?.passed('introspection', 'active');
  const checked = checkClaims(claims, issuer, policy);
  const verified = toVerified(claims, checked, issuer);
  const until = askedAt + introspection.maxAge * 1000;
  return { by: 'answer', verified, times: checked.times, until };
}
