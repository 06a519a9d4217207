/**
 * What crosses the arrows: request -> Presented -> VerifiedToken -> Principal -> Decision.
 * Plain frozen data; nothing here knows a framework, a transport or a key server.
 */
import type { KeyObject } from 'node:crypto';

import type { Introspection } from './introspection/introspection.js';
import type { ForeignRules, Relaxation } from './trust/foreign/dialect.js';

/** A JSON value; everything a token or an access rule may hold. @publicApi */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object as strict parsing returns it: no duplicate members, bounded depth. @publicApi */
export interface JsonObject {
  readonly [member: string]: Json | undefined;
}

/** JWS algorithms this library verifies (RFC 7518 section 3.1, RFC 8037). @publicApi */
export type Algorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'
  | 'HS256'
  | 'HS384'
  | 'HS512';

/**
 * How a token travels: `Bearer` in the Authorization header (RFC 6750), `DPoP` there beside a proof
 * of its sender (RFC 9449 section 7.1), or alone in a `JWT` or `Token` header.
 * @publicApi
 */
export type Carrier = 'Bearer' | 'DPoP' | 'JWT' | 'Token';

/**
 * Which carrier an issuer has; with `Bearer` also `DPoP`, for tokens bound to a key.
 * @publicApi
 */
export type IssuerCarrier = Exclude<Carrier, 'DPoP'>;

/** Header fields by lower-case name, each value apart: node's `headersDistinct`. @publicApi */
export type HeaderFields = Readonly<Record<string, readonly string[] | undefined>>;

/**
 * What of a request its token has to be signed for: the content (`bdy`), or the whole request, which
 * is the content, the method (`htm`) and the URL (`htu`).
 * @publicApi
 */
export type Binding = 'body' | 'request';

/** A token as the request presented it, unread. @publicApi */
export interface Presented {
  readonly token: string;
  readonly carrier: Carrier;
}

/** A compact JWS taken apart by strict parsing; nothing in it is believed yet. @publicApi */
export interface ParsedToken {
  readonly header: JsonObject;
  readonly claims: JsonObject;
  /** The ASCII bytes that were signed: `header.payload` (RFC 7515 section 5.2). */
  readonly signingInput: Buffer;
  readonly signature: Buffer;
}

/** A key that verifies signatures of exactly one algorithm. @publicApi */
export interface VerificationKey {
  /** Absent only for the one static key of an issuer. */
  readonly kid: string | undefined;
  readonly algorithm: Algorithm;
  readonly key: KeyObject;
}

/** What a token asks a key store for. @publicApi */
export interface KeyQuery {
  readonly kid: string | undefined;
  readonly algorithm: Algorithm;
  /** The token's `iat` in seconds, or now: decides between KEY_UNKNOWN and KEYS_UNAVAILABLE. */
  readonly issuedAt: number;
}

/**
 * Finds the key of one issuer. Answers at once when it can; a promise only when it has to ask.
 * Throws (or rejects with) AccessError KEY_UNKNOWN, ALGORITHM_FORBIDDEN or KEYS_UNAVAILABLE.
 * @publicApi
 */
export interface KeyStore {
  find(query: KeyQuery): VerificationKey | Promise<VerificationKey>;
  /** All of its keys, where they are known from the start. */
  readonly keys?: readonly VerificationKey[];
}

/** Wall clock for claims, monotonic clock for cool-downs; tests inject their own. @publicApi */
export interface Clock {
  /** Seconds since the epoch, with fractions. */
  now(): number;
  /** Milliseconds of a clock that never jumps. */
  monotonic(): number;
}

/** What kind of JWT is expected here (RFC 8725 section 3.11). @publicApi */
export interface TokenProfile {
  readonly name:
    | 'access-token'
    | 'foreign-access-token'
    | 'introspected-token'
    | 'service-token'
    | 'legacy-service-token'
    | 'client-assertion'
    | 'workload-assertion'
    | 'spiffe-assertion'
    | 'grant-assertion'
    | 'dpop-proof'
    | 'revocations';
  /** Accepted `typ` values, lower case, without `application/`; `null` accepts a missing `typ`. */
  readonly types: readonly (string | null)[];
  /** Claims that must be present as non-empty strings, besides `iss`, `aud`, `exp`, `iat`. */
  readonly requiredClaims: readonly string[];
  /**
   * What names the issuer: `iss`, the SPIFFE trust domain of `sub`, or nothing but the key that
   * signed; `iss` unless told.
   */
  readonly issuedBy?: 'iss' | 'trust-domain' | 'key';
  /** Whether `iat` may be missing: then `exp` may lie no further ahead than the longest lifetime. */
  readonly issuedAt?: 'required' | 'optional';
  /** Whether `exp` must be there; `capped`: it need not, and the longest lifetime counts, not more. */
  readonly expiry?: 'required' | 'capped';
  /** Whether there is an `aud`: `none` only for what is said to everybody. */
  readonly audience?: 'required' | 'none';
}

/** One entry of the trust registry: whom we believe, and how far. @publicApi */
export interface TrustedIssuer {
  /** The receiver's own name for this issuer; `@Callers` speaks these names, never the token. */
  readonly name: string;
  /** `assertion`: what it signs proves something to an endpoint, and never makes a principal. */
  readonly kind: 'authorization-server' | 'service-peer' | 'foreign-server' | 'assertion';
  /** The exact `iss` (RFC 7519 section 4.1.1): compared as a string, nothing normalised. */
  readonly issuer: string;
  readonly carrier: IssuerCarrier;
  readonly profile: TokenProfile;
  readonly algorithms: readonly Algorithm[];
  /** Longest `exp - iat` accepted, in seconds; without `iat`, furthest `exp` ahead of now. */
  readonly maxLifetime: number;
  /** Scopes this issuer may put into a token; `any` only for an authorization server. */
  readonly mayAssert: 'any' | readonly string[];
  /** Canonical URI prefixes of users this issuer may speak for; empty means none. */
  readonly subjects: readonly string[];
  /** Our names for clients of an authorization server: client_id -> name. */
  readonly callers: Readonly<Record<string, string>>;
  readonly keys: KeyStore;
  /** How its tokens are read, for a server that is not ours. */
  readonly foreign?: ForeignRules;
  /** Asked what its tokens are worth, in place of keys. */
  readonly introspection?: Introspection;
  /** `required` refuses its tokens that are not bound to their sender. */
  readonly senderConstrained?: 'required' | undefined;
  /** What its tokens must be signed for, whatever the route says. */
  readonly bound?: Binding | undefined;
  /** Whether each of its tokens is good for one request, whatever the route says. */
  readonly singleUse?: boolean | undefined;
  /** Asked for every token whose signature holds; without it nothing of this issuer is revoked. */
  readonly revocation?: RevocationCheck;
}

/**
 * Tells whether a verified token was revoked since. In memory: asked on every request.
 * @publicApi
 */
export interface RevocationCheck {
  /** Throws AccessError TOKEN_REVOKED, or REVOCATION_UNAVAILABLE when it must not be guessed. */
  check(token: VerifiedToken): void;
}

/** A token whose signature, issuer, type and times hold. Not yet a right to anything. @publicApi */
export interface VerifiedToken {
  readonly issuer: TrustedIssuer;
  readonly claims: JsonObject;
  readonly audience: readonly string[];
  /** The `kid` of the key that signed it; undefined for the one static key of an issuer. */
  readonly kid: string | undefined;
  /** Seconds since the epoch; undefined only where the profile lets `iat` be missing. */
  readonly issuedAt: number | undefined;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** A service that calls. @publicApi */
export interface CallerRef {
  readonly kind: 'service';
  /** The `iss` under which `id` has its meaning. */
  readonly issuer: string;
  /** A client id (authorization server) or the issuer's own URI (self-issued). */
  readonly id: string;
  /** The receiver's own name for this caller, if it has one. */
  readonly name: string | undefined;
}

/** A user on whose behalf a service calls. @publicApi */
export interface SubjectRef {
  readonly kind: 'user';
  readonly issuer: string;
  /** Whole canonical URI. */
  readonly uri: string;
}

/** Who acts in this request: always a service, sometimes for a user. @publicApi */
export interface Principal {
  readonly caller: CallerRef;
  readonly subject: SubjectRef | undefined;
  /** Scopes the token holds, capped by what its issuer may assert. */
  readonly scopes: readonly string[];
  readonly audience: readonly string[];
  readonly claims: JsonObject;
  /** The checks that were given up for the issuer; left out where there are none. */
  readonly relaxed?: readonly Relaxation[];
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}
