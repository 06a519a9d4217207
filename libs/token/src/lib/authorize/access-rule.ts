/**
 * The access rule: what a route demands, as one JSON value with many readers
 * (guard, access map, documents, tests). Knows no framework and no request.
 *
 * `require` says who may call and for what: it is combined, and `decide` looks at it. `bound`,
 * `singleUse` and `senderConstrained` say how a call has to prove itself: they are about the whole
 * route, so they stand beside, are never part of an alternative, and the guard sees to them before and
 * after.
 */
import type { Binding, Json } from '../types.js';

/** Only these callers, by the receiver's own names. @publicApi */
export interface CallersRequirement {
  readonly kind: 'callers';
  readonly names: readonly string[];
}

/** A user must be present (`user`), or must not be (`none`). @publicApi */
export interface SubjectRequirement {
  readonly kind: 'subject';
  readonly subject: 'user' | 'none';
}

/** `all` of these scopes, or `any` of them. @publicApi */
export interface ScopesRequirement {
  readonly kind: 'scopes';
  readonly match: 'all' | 'any';
  readonly scopes: readonly string[];
}

/** A policy of the service, by name; the service evaluates it. @publicApi */
export interface PolicyRequirement {
  readonly kind: 'policy';
  readonly policy: string;
  readonly options: Json;
}

/** Requirements combined. @publicApi */
export interface CombinedRequirement {
  readonly kind: 'allOf' | 'anyOf';
  readonly of: readonly Requirement[];
}

/** One thing a route demands of its caller. @publicApi */
export type Requirement =
  | CallersRequirement
  | SubjectRequirement
  | ScopesRequirement
  | PolicyRequirement
  | CombinedRequirement;

/** A route open to everybody, on purpose. @publicApi */
export interface PublicRule {
  readonly access: 'public';
  readonly reason: string;
}

/** A route for trusted callers: this audience, and all of these requirements. @publicApi */
export interface ProtectedRule {
  readonly access: 'protected';
  /** The service's own name of the audience; its URI stands in the options. */
  readonly audience: string;
  /** Empty means any trusted caller, on purpose. */
  readonly require: readonly Requirement[];
  /** Only a token its sender signed for this very request; without it any token will do. */
  readonly bound?: Binding;
  /** A token is good for one request; without it for as many as its lifetime holds. */
  readonly singleUse?: true;
  /** Only a token bound to a key or a certificate that its sender shows; without it any token. */
  readonly senderConstrained?: true;
  /**
   * A call that carries no credentials at all is let in too, as nobody; one that carries any is held to
   * all of this. Without it every call needs a token.
   */
  readonly optional?: true;
}

/** The rule of one route. @publicApi */
export type AccessRule = PublicRule | ProtectedRule;
