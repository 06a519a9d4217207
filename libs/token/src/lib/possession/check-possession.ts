/**
 * Whether the sender of a token is the one it is bound to. On every request, also for a token that is
 * remembered: who stole a token has all of it but this. Knows no route, no framework and no socket.
 */
import type { AccessErrorCode, RefusalDetail } from '../errors.js';
import { refuse } from '../refuse.js';
import type { Presented, VerifiedToken } from '../types.js';
import { certificateThumbprint } from './certificate-thumbprint.js';
import { readConfirmation } from './read-confirmation.js';
import { sameText } from './same-text.js';
import { verifyDpopProof, type DpopPolicy, type DpopProof } from './verify-dpop-proof.js';

/** What the sender of a request proves itself with; asked only for what a token is bound to. @publicApi */
export interface SenderEvidence {
  /** The token as it came. */
  readonly presented: Presented;
  readonly method: string;
  /** Where the request went, by our own configuration; undefined where that does not say. */
  url(): string | undefined;
  /** Every value of the `DPoP` header, each apart. */
  proofs(): readonly string[];
  /** The certificate of the client in DER, as its TLS connection proved it. */
  certificate(): Uint8Array | undefined;
}

/**
 * Checks that a token which is bound to a key or to a certificate came from who holds it. At once,
 * unless there is a proof to verify; answers that proof, of which `useProofOnce` is still left.
 *
 * Without `dpop` tokens bound to a key are refused. Bound to both a key and a certificate, a token
 * needs both. One without `cnf` is good for every sender: refused with SENDER_UNCONSTRAINED if it came
 * in the carrier `DPoP`, or if `isRequired` or its issuer's trust entry says that it must be bound.
 * Refuses with PROOF_MISSING a bound token in another carrier than `DPoP` (the downgrade to Bearer,
 * RFC 9449 section 7.2), without proof, or without certificate; with PROOF_INVALID two proofs, or what
 * `verifyDpopProof` refuses; with SENDER_MISMATCH the proof of another key or another certificate; with
 * CLAIM_INVALID a `cnf` that names neither.
 *
 * @example
 * const proof = await checkPossession(verified, evidence, policy);
 * @publicApi
 */
export function checkPossession(
  token: VerifiedToken,
  evidence: SenderEvidence,
  dpop: DpopPolicy | undefined,
  isRequired = false,
): undefined | Promise<DpopProof> {
  const confirmation = readConfirmation(token);
  const { carrier } = evidence.presented;
  if (confirmation === undefined) {
    const isDpop = carrier === 'DPoP';
    if (isDpop || isRequired || token.issuer.senderConstrained === 'required')
      refuseUnbound(token, isDpop);
    return undefined;
  }
  const { jkt, certificate } = confirmation;
  if (certificate !== undefined) checkCertificate(token, certificate, evidence);
  if (jkt !== undefined) return proofBy(jkt, token, evidence, dpop);
  if (carrier === 'DPoP') refuseUnbound(token, true);
  return undefined;
}

function checkCertificate(token: VerifiedToken, expected: string, evidence: SenderEvidence): void {
  const der = evidence.certificate();
  if (der === undefined)
    return refuseSender('PROOF_MISSING', token, {
      check: 'certificate',
      expected: 'the client certificate that the token is bound to',
      got: 'a connection without client certificate',
      fix: 'connect by TLS to this service itself, with the certificate used for the token',
    });
  if (sameText(certificateThumbprint(der), expected)) return;
  refuseSender('SENDER_MISMATCH', token, {
    check: 'certificate',
    expected: 'the client certificate that the token is bound to',
    got: 'another certificate',
    fix: 'ask for a new token with the certificate in use now',
  });
}

function proofBy(
  jkt: string,
  token: VerifiedToken,
  evidence: SenderEvidence,
  dpop: DpopPolicy | undefined,
): Promise<DpopProof> {
  const { token: accessToken, carrier } = evidence.presented;
  const [proof, ...others] = evidence.proofs();
  if (carrier !== 'DPoP' || proof === undefined)
    return refuseSender('PROOF_MISSING', token, {
      check: 'proof',
      expected: 'Authorization: DPoP, and a DPoP header',
      got: carrier === 'DPoP' ? 'no DPoP header' : carrier,
      fix: 'send the token with the scheme DPoP and a proof by its key (RFC 9449 section 7.1)',
    });
  if (others.length > 0)
    return refuseSender('PROOF_INVALID', token, {
      check: 'proof',
      expected: 'one DPoP header',
      got: others.length + 1,
    });
  const url = evidence.url();
  if (dpop === undefined || url === undefined)
    return refuseSender('PROOF_INVALID', token, {
      check: 'proof',
      expected: 'a service that knows its own URL',
      fix: 'set publicUrl, by which this service can check proofs',
    });
  const request = { method: evidence.method, url, accessToken };
  return verifyDpopProof(proof, request, dpop).then((held) => checkKey(jkt, token, held));
}

function checkKey(jkt: string, token: VerifiedToken, proof: DpopProof): DpopProof {
  if (sameText(proof.jkt, jkt)) return proof;
  return refuseSender('SENDER_MISMATCH', token, {
    check: 'proof: jwk',
    expected: { jkt },
    got: { jkt: proof.jkt },
    fix: 'sign the proof with the key that the token was asked for with',
  });
}

function refuseUnbound(token: VerifiedToken, isDpop: boolean): never {
  return refuseSender('SENDER_UNCONSTRAINED', token, {
    check: 'cnf',
    expected: `a token bound to a key${isDpop ? '' : ' or to a certificate'}`,
    got: 'none in cnf',
    fix: isDpop
      ? 'send it as Bearer, or ask for a token with a DPoP proof'
      : 'ask for a token with a DPoP proof or with a client certificate',
  });
}

function refuseSender(
  code: AccessErrorCode,
  { issuer }: VerifiedToken,
  detail: RefusalDetail,
): never {
  return refuse(code, { ...detail, issuer: issuer.name });
}
