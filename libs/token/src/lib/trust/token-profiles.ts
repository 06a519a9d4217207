import type { TokenProfile } from '../types.js';

const profile = (form: TokenProfile): TokenProfile =>
  Object.freeze({
    ...form,
    types: Object.freeze([...form.types]),
    requiredClaims: Object.freeze([...form.requiredClaims]),
  });

/**
 * The kinds of JWT that are told apart (RFC 8725 section 3.11), each by its `typ` and by the claims
 * it cannot do without. One key may sign several kinds: no kind accepts the `typ` of an access token
 * beside its own, and what has no type of its own is told apart by `aud` and `sub`.
 * @publicApi
 */
export const tokenProfiles = Object.freeze({
  /** RFC 9068 section 2. */
  accessToken: profile({
    name: 'access-token',
    types: ['at+jwt'],
    requiredClaims: ['sub', 'client_id', 'jti'],
  }),
  serviceToken: profile({
    name: 'service-token',
    types: ['service+jwt'],
    requiredClaims: ['jti'],
  }),
  /** As other systems send them, who know no token types. */
  legacyServiceToken: profile({
    name: 'legacy-service-token',
    types: ['service+jwt', 'jwt', null],
    requiredClaims: [],
  }),
  /** RFC 7523 section 3: `iss` and `sub` are the client; `jti` because it is used once. */
  clientAssertion: profile({
    name: 'client-assertion',
    types: ['client-authentication+jwt', 'jwt', null],
    requiredClaims: ['sub', 'jti'],
  }),
  /** What a platform says of a workload: a Kubernetes service account, a CI job. */
  workloadAssertion: profile({
    name: 'workload-assertion',
    types: ['jwt', null],
    requiredClaims: ['sub'],
  }),
  /** A SPIFFE JWT-SVID: its trust domain, not `iss`, says who vouches; `iat` may be missing. */
  spiffeAssertion: profile({
    name: 'spiffe-assertion',
    types: ['jwt', 'jose', null],
    requiredClaims: ['sub'],
    issuedBy: 'trust-domain',
    issuedAt: 'optional',
  }),
  /** RFC 7523 section 2.1: an assertion about a user, by one who may speak for that user. */
  grantAssertion: profile({
    name: 'grant-assertion',
    types: ['service+jwt', 'jwt', null],
    requiredClaims: ['sub'],
  }),
  /** RFC 9449 section 4.2: vouched for by the key it names itself, and old soon after `iat`. */
  dpopProof: profile({
    name: 'dpop-proof',
    types: ['dpop+jwt'],
    requiredClaims: ['jti', 'htm', 'htu'],
    issuedBy: 'key',
    audience: 'none',
    expiry: 'capped',
  }),
  /** One message of a revocation feed: meant for everybody who trusts the issuer. */
  revocations: profile({
    name: 'revocations',
    types: ['revocations+jwt'],
    requiredClaims: ['epoch'],
    audience: 'none',
  }),
});
