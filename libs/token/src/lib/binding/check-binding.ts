/**
 * What ties a token to the one request it was signed for. Looks at a verified token and at the
 * request as it came over the wire; knows no route, no framework and no parsed body.
 */
import { refuse } from '../refuse.js';
import type { DpopProof } from '../possession/verify-dpop-proof.js';
import type { Binding, HeaderFields, VerifiedToken } from '../types.js';
import { checkContentDigest } from './check-content-digest.js';
import { checkContentJson } from './check-content-json.js';
import { checkDigest, readDigest } from './check-digest.js';
import { checkEncoding } from './check-encoding.js';
import { checkRequestClaims } from './check-request-claims.js';

/** A request as it came over the wire. @publicApi */
export interface BoundRequest {
  readonly method: string;
  /** Raw path and query, exactly as the router got them: nothing decoded, nothing normalised. */
  readonly target: string;
  readonly headers: HeaderFields;
  /** The content as received, no bytes if none came; undefined when nobody kept what came. */
  readonly content: Uint8Array | undefined;
}

/** What a service holds bound requests to. @publicApi */
export interface BindingPolicy {
  /** What stands for the `/` of this service outside; only `request` needs it. */
  readonly publicUrl: string | undefined;
  /** Most bytes of content that are hashed. */
  readonly maxBodyBytes: number;
}

/**
 * Checks that the sender of a token signed it for this request, or the DPoP proof beside it: cheapest
 * first, the hash of the content last. If both hold `bdy`, both have to be for this request.
 *
 * Refuses with TYPE_MISMATCH a token that somebody else issued to the sender, without a proof: an
 * authorization server has not seen the request. With CLAIM_INVALID a `bdy`, `htm` or `htu` that is
 * missing or of another form; with REQUEST_MISMATCH another method or URL; with ENCODING_REFUSED
 * (415) content that is coded, in several parts, or in another charset than UTF-8; with
 * BODY_TOO_LARGE (413) more than `maxBodyBytes`; with BODY_MISMATCH content that has another digest,
 * or that nobody kept; with BODY_MALFORMED (400) JSON that two parsers could read differently.
 * `Content-Digest` (RFC 9530) is not signed: it can only refuse. Throws a TypeError for `request`
 * without a `publicUrl`.
 * @publicApi
 */
export function checkBinding(
  binding: Binding,
  token: VerifiedToken,
  { method, target, headers, content }: BoundRequest,
  { publicUrl, maxBodyBytes }: BindingPolicy,
  proof?: DpopProof,
): void {
  const signed = signedBySender(token, proof);
  const digests = signed.map(readDigest);
  if (binding === 'request') {
    const url = urlOf(publicUrl, target);
    for (const one of signed) checkRequestClaims(one, method, url);
  }
  const isJson = checkEncoding(headers);
  if (content === undefined) return refuseUnread(token);
  if (content.byteLength > maxBodyBytes)
    refuse('BODY_TOO_LARGE', {
      check: 'body',
      expected: `at most ${maxBodyBytes} bytes`,
      got: content.byteLength,
      fix: 'send less, or raise body.maxBytes',
    });
  for (const digest of digests) checkDigest(digest, content, token);
  checkContentDigest(headers['content-digest'] ?? [], content);
  if (isJson) checkContentJson(content);
}

/** What the sender signed itself and bound to content; if nothing is bound, what should have been. */
function signedBySender(token: VerifiedToken, proof?: DpopProof): readonly VerifiedToken[] {
  const signed = [
    ...(token.issuer.kind === 'service-peer' ? [token] : []),
    ...(proof === undefined ? [] : [proof]),
  ];
  if (signed.length === 0) return refuseUnsigned(token);
  const bound = signed.filter(({ claims }) => claims['bdy'] !== undefined);
  return bound.length > 0 ? bound : signed;
}

function refuseUnsigned({ issuer }: VerifiedToken): never {
  return refuse('TYPE_MISMATCH', {
    check: 'binding',
    issuer: issuer.name,
    expected: 'a token that its sender signed for this request',
    got: issuer.profile.name,
    fix: 'send a DPoP proof with bdy; or be a trusted service peer, and sign a token with bdy',
  });
}

function refuseUnread({ issuer }: VerifiedToken): never {
  return refuse('BODY_MISMATCH', {
    check: 'body',
    issuer: issuer.name,
    expected: 'content whose bytes were kept for comparing',
    got: 'content that no body parser has read',
    fix: 'send a media type this service parses, such as application/json',
  });
}

/** `Host` and forwarded headers are what the sender says: only the configuration counts. */
function urlOf(publicUrl: string | undefined, target: string): string {
  if (publicUrl === undefined) throw new TypeError('publicUrl must be set for bound requests');
  return publicUrl.replace(/\/$/, '') + target;
}
