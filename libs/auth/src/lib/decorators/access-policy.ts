import type { CallerRef, Json, PolicyOutcome, Principal, SubjectRef } from '@countersign/token';

/** What a policy may look at. @publicApi */
export interface AccessRequest {
  readonly principal: Principal;
  readonly caller: CallerRef;
  readonly subject: SubjectRef | undefined;
  /** Route parameters as the router decoded them; a message has none. */
  readonly params: Readonly<Record<string, string>>;
  /** What a message carries, before any pipe has looked at it; undefined over HTTP. */
  readonly data: unknown;
  /** The HTTP method; `REQUEST` or `EVENT` of a message. */
  readonly method: string;
  /** Path as requested, without the query; the pattern of a message. */
  readonly path: string;
}

/**
 * A question only the service can answer (*may this user see this record?*), as an injectable class
 * that answers with a reason. It is asked last, when everything else of the rule holds; what it
 * throws stops the request with an error, never lets it through.
 *
 * @example
 * class SameUser implements AccessPolicy<{ param: string }> {
 *   evaluate({ subject, params }: AccessRequest, { param }: { param: string }) {
 *     return subject?.uri === this.users.uri(params[param]) ? allow() : deny('not_owner');
 *   }
 * }
 * @publicApi
 */
export interface AccessPolicy<Options extends Json = null> {
  evaluate(request: AccessRequest, options: Options): PolicyOutcome | Promise<PolicyOutcome>;
}

/** The policy consents. @publicApi */
export const allow = (): PolicyOutcome => ({ allowed: true });

/** The policy refuses; `reason` goes to the decision log, not to the caller. @publicApi */
export const deny = (reason: string): PolicyOutcome => ({ allowed: false, reason });
