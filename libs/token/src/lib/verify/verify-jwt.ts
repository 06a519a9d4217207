/**
 * The one verifier of every JWT that enters a process. Reads top to bottom, cheapest refusal first,
 * and no key is looked for before the issuer is known to be trusted. Knows no carrier, no route and
 * no transport.
 */
import { isCompactJwe } from '../encryption/parse-compact-jwe.js';
import { parseToken } from '../extract/parse-token.js';
import { refuse } from '../refuse.js';
import type { JsonObject, ParsedToken, TrustedIssuer, VerifiedToken } from '../types.js';
import { checkAlgorithm } from './check-algorithm.js';
import { checkClaims, type CheckedClaims } from './check-claims.js';
import { checkIssuer } from './check-issuer.js';
import { checkType } from './check-type.js';
import { findKey } from './find-key.js';
import type { JwtPolicy } from './jwt-policy.js';
import type { Proof, SignatureProof } from './proof.js';
import { observeSkew } from './observe-skew.js';
import { proveByAnswer } from './prove-by-answer.js';
import { toVerified } from './to-verified.js';
import { verifySignature } from './verify-signature.js';

/**
 * Verifies a JWT that came by any way, encrypted or not: form, issuer, type, algorithm, claims, times,
 * key, signature, revocation. What is expected, the profile of its issuer says.
 *
 * Rejects with the AccessError of the first check that fails; with KEYS_UNAVAILABLE or
 * REVOCATION_UNAVAILABLE (503) when nobody could tell. Proves who said what, to whom (`audience`, for
 * the caller to compare), and nothing else: no single use, no right to anything. The result is frozen,
 * claims included.
 *
 * @example
 * const { claims, audience } = await verifyJwt(assertion, {
 *   issuerOf: ({ iss }) => (iss === client.id ? clientAssertions : undefined),
 *   clock: systemClock,
 *   clockTolerance: 10,
 *   maxTokenBytes: 8192,
 * });
 * @publicApi
 */
export async function verifyJwt(token: string, policy: JwtPolicy): Promise<VerifiedToken> {
  return (await proveJwt(token, policy)).verified;
}

/** {@link verifyJwt}, which also tells by which key and times the token held. @internal */
export async function proveJwt(token: string, policy: JwtPolicy): Promise<SignatureProof> {
  return proveSignature(await openJwt(token, policy), policy);
}

/**
 * {@link proveJwt}, where the issuer may also be a server that is asked about its JWTs; of one that
 * issues none, no type and no algorithm is accepted.
 * @internal
 */
export async function proveJwtOrAsk(token: string, policy: JwtPolicy): Promise<Proof> {
  const opened = await openJwt(token, policy);
  const { introspection } = opened.issuer;
  return introspection?.readsJwts === true
    ? proveByAnswer(opened.jwt, opened.issuer, introspection, policy)
    : proveSignature(opened, policy);
}

interface OpenedJwt {
  readonly jwt: string;
  readonly parsed: ParsedToken;
  readonly issuer: TrustedIssuer;
}

/** Form and issuer: whose JWT it claims to be, and that somebody is trusted with that. */
async function openJwt(token: string, policy: JwtPolicy): Promise<OpenedJwt> {
  const jwt = await decrypted(token, policy);
  if (jwt !== token) policy.trace?.passed('decryption', 'by a key of this service');
  const parsed = parseToken(jwt, { maxBytes: policy.maxTokenBytes });
  const { header, claims } = parsed;
  policy.trace?.passed('form', 'a compact JWT');
  const issuer = (await policy.issuerOf(claims, header)) ?? refuseIssuer(claims);
  checkIssuer(claims, issuer);
  return { jwt, parsed, issuer };
}

async function proveSignature(
  { parsed, issuer }: OpenedJwt,
  policy: JwtPolicy,
): Promise<SignatureProof> {
  const { header, claims } = parsed;
  const { trace } = policy;
  checkType(header, issuer);
  trace?.passed('type', header['typ'] ?? null, issuer.profile.types);
  const algorithm = checkAlgorithm(header, issuer);
  trace?.passed('algorithm', algorithm, issuer.algorithms);
  let checked: CheckedClaims;
  try {
    checked = checkClaims(claims, issuer, policy);
  } catch (error) {
    observeSkew(error, parsed, algorithm, issuer, policy);
    throw error;
  }
  const { times } = checked;
  const key = await findKey(header, algorithm, times.issuedAt ?? policy.clock.now(), issuer);
  trace?.passed('key', key.kid ?? '(the only one)');
  if (!verifySignature(parsed, key))
    refuse('SIGNATURE_INVALID', {
      check: 'signature',
      issuer: issuer.name,
      expected: `a signature by key ${key.kid ?? '(the only one)'}`,
      got: `an ${algorithm} signature by another key, or of other content`,
      fix: 'send the token exactly as its issuer signed it',
    });
  trace?.passed('signature', algorithm);
  if (times.issuedAt !== undefined) policy.skew?.observe(issuer, times.issuedAt);
  const verified = toVerified(claims, checked, issuer, key.kid);
  if (issuer.revocation !== undefined) trace?.passed('revocation', 'not revoked');
  return { by: 'signature', verified, key, kid: header['kid'] as string | undefined, times };
}

/** What is inside is parsed as a signed JWT and nothing else: no second envelope, no bare claims. */
function decrypted(
  token: string,
  { decryption, maxTokenBytes }: JwtPolicy,
): string | Promise<string> {
  return decryption !== undefined && isCompactJwe(token)
    ? decryption.decrypt(token, maxTokenBytes)
    : token;
}

function refuseIssuer({ iss }: JsonObject): TrustedIssuer {
  return refuse('ISSUER_UNTRUSTED', {
    check: 'issuer',
    expected: 'somebody who is trusted with this kind of token',
    got: typeof iss === 'string' ? iss : `iss as ${typeof iss}`,
    fix: 'register this issuer, if you do trust it',
  });
}
