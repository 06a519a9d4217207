/**
 * Proof of possession by a key (RFC 9449): a JWT that the sender signs anew for each request, read by
 * the one verifier. Knows no token but its hash, and no transport.
 */
import { AccessError } from '../errors.js';
import { asymmetricAlgorithms } from '../issue/generate-signing-key.js';
import { refuse } from '../refuse.js';
import { tokenProfiles } from '../trust/token-profiles.js';
import type { Clock, Json, JsonObject, TrustedIssuer, VerifiedToken } from '../types.js';
import { proveJwt } from '../verify/verify-jwt.js';
import { accessTokenHash } from './access-token-hash.js';
import type { DpopNonces } from './dpop-nonces.js';
import { keyInHeader, thumbprintOf } from './key-in-header.js';
import { proofUrl } from './proof-url.js';
import { sameText } from './same-text.js';

/** The request that a proof has to be made for. @publicApi */
export interface ProvenRequest {
  readonly method: string;
  /** Where it went, by our own configuration and never by `Host`: an absolute http(s) URL. */
  readonly url: string;
  /** The access token that came with it, as it came; none at a token endpoint. */
  readonly accessToken?: string;
}

/** What a service holds proofs to. @publicApi */
export interface DpopPolicy {
  readonly clock: Clock;
  /** How far clocks may disagree, in seconds. */
  readonly clockTolerance: number;
  /** How long a proof may be used after its `iat`, in seconds. */
  readonly maxAge: number;
  /** Whose nonces a proof must hold one of; without it a nonce is not looked at. */
  readonly nonces?: DpopNonces | undefined;
}

/** A proof that holds: what its claims say, the sender has signed for this request. @publicApi */
export interface DpopProof extends VerifiedToken {
  /** The SHA-256 thumbprint of its key (RFC 7638), as `cnf.jkt` has it. */
  readonly jkt: string;
}

/** Algorithms that a proof may be signed with: every one with a public key. @publicApi */
export const dpopAlgorithms = asymmetricAlgorithms;

const maxProofBytes = 4096;

/**
 * Verifies a DPoP proof for one request (RFC 9449 section 4.3): form, `typ`, algorithm, claims, times,
 * the key it names, signature, method, URL without query and fragment, access token, nonce.
 *
 * Rejects with PROOF_INVALID, whose `cause` is the refusal of the check that failed; with
 * NONCE_REQUIRED, and the nonce to use, when only that is missing. Two things are left: whether `jkt`
 * is the key that the token is bound to (`checkPossession`), and `useProofOnce`, last of all.
 *
 * @example
 * const proof = await verifyDpopProof(header, { method: 'POST', url: tokenEndpoint }, policy);
 * await useProofOnce(proof, replay, policy.clockTolerance);
 * @publicApi
 */
export async function verifyDpopProof(
  proof: string,
  request: ProvenRequest,
  policy: DpopPolicy,
): Promise<DpopProof> {
  const { verified, key } = await proveJwt(proof, {
    clock: policy.clock,
    clockTolerance: policy.clockTolerance,
    maxTokenBytes: maxProofBytes,
    issuerOf: (_claims, { jwk }) => senderWith(jwk, policy.maxAge),
  }).catch(refuseProof);
  checkRequest(verified.claims, request);
  checkNonce(verified.claims, policy.nonces);
  return Object.freeze({ ...verified, jkt: thumbprintOf(key) });
}

/** Whoever holds the key of the header: nobody vouches for it, and nobody has to. */
function senderWith(jwk: Json | undefined, maxAge: number): TrustedIssuer {
  return {
    name: 'DPoP proof',
    kind: 'assertion',
    issuer: '',
    carrier: 'Bearer',
    profile: tokenProfiles.dpopProof,
    algorithms: dpopAlgorithms,
    maxLifetime: maxAge,
    mayAssert: [],
    subjects: [],
    callers: {},
    keys: keyInHeader(jwk),
  };
}

/** A refusal of the one verifier speaks of a token; it is the proof that does not hold. */
function refuseProof(cause: unknown): never {
  if (!(cause instanceof AccessError)) throw cause;
  const check = `proof: ${String(cause.detail.check)}`;
  throw new AccessError('PROOF_INVALID', { cause, detail: { ...cause.detail, check } });
}

function checkRequest(claims: JsonObject, { method, url, accessToken }: ProvenRequest): void {
  const expected = proofUrl(url) ?? differs('url', 'a request to an http(s) URL', 'another');
  const { htm, htu } = claims as { readonly htm: string; readonly htu: string };
  if (htm !== method) differs('htm', method, htm);
  const got = proofUrl(htu);
  if (got !== expected) differs('htu', expected, got ?? 'no http(s) URL');
  if (accessToken === undefined) return;
  const { ath } = claims;
  const isOfToken = typeof ath === 'string' && sameText(ath, accessTokenHash(accessToken));
  if (!isOfToken)
    differs('ath', 'the hash of the access token', ath === undefined ? 'none' : 'another');
}

function differs(claim: string, expected: string, got: string): never {
  refuse('PROOF_INVALID', {
    check: `proof: ${claim}`,
    expected,
    got,
    fix: 'make a proof for each request: its method, its public URL, its access token',
  });
}

function checkNonce({ nonce }: JsonObject, nonces: DpopNonces | undefined): void {
  if (nonces === undefined || (typeof nonce === 'string' && nonces.accepts(nonce))) return;
  throw new AccessError('NONCE_REQUIRED', {
    nonce: nonces.current(),
    detail: {
      check: 'proof: nonce',
      expected: 'a nonce of this server',
      got: nonce === undefined ? 'none' : 'another or an old one',
      fix: 'repeat the request with a proof that holds the nonce of the DPoP-Nonce header',
    },
  });
}
