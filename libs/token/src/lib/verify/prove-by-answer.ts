/**
 * Verification by question: what a server says of its token (RFC 7662) takes the place of a
 * signature, and is held to all that the claims of a signed token are held to.
 */
import type { Introspection } from '../introspection/introspection.js';
import { refuse } from '../refuse.js';
import type { TrustedIssuer, VerifiedToken } from '../types.js';
import { checkClaims } from './check-claims.js';
import { deepFreeze } from './deep-freeze.js';
import type { JwtPolicy } from './jwt-policy.js';
import type { Proof } from './proof.js';

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
  const { audience, times } = checkClaims(claims, issuer, policy);
  const verified = Object.freeze<VerifiedToken>({
    issuer,
    claims: deepFreeze(claims),
    audience: Object.freeze([...audience]),
    kid: undefined,
    issuedAt: times.issuedAt,
    expiresAt: times.expiresAt,
  });
  issuer.revocation?.check(verified);
  return { by: 'answer', verified, times, until: askedAt + introspection.maxAge * 1000 };
}
