import type { JsonObject } from '@countersign/token';

/**
 * Why a call has no good answer. `refused`: 4xx, or a redirect, which is never followed; `failed`: 5xx;
 * `unreachable`: no connection, or lost before an answer; `timeout`; `cancelled`: by the caller's
 * signal; `overloaded`: too many calls wait already; `invalid_answer`: cut off, too large or not what
 * the caller can read.
 * @publicApi
 */
export type ServiceCallFailure =
  'refused' | 'failed' | 'unreachable' | 'timeout' | 'cancelled' | 'overloaded' | 'invalid_answer';

/** What a {@link ServiceCallError} is made of. @publicApi */
export interface ServiceCallErrorOptions {
  readonly reason: ServiceCallFailure;
  /** The client's name. */
  readonly service: string;
  readonly method: string;
  /** Without query. */
  readonly path: string;
  /** For the log; must hold nothing that the other side wrote. */
  readonly detail: string;
  readonly status?: number | undefined;
  readonly code?: string | undefined;
  readonly decision?: string | undefined;
  readonly retryAfter?: number | undefined;
  readonly problem?: JsonObject | undefined;
  readonly cause?: unknown;
}

/**
 * A call to another service has no good answer. The message names service, method and path, and holds
 * nothing that the other side wrote; `code` and `decision` are the peer's, where they have the form of
 * such, and under that decision its own log explains a refusal.
 * @publicApi
 */
export class ServiceCallError extends Error {
  override readonly name = 'ServiceCallError';
  readonly reason: ServiceCallFailure;
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly decision: string | undefined;
  /** Whole seconds until another attempt makes sense, where the peer said so. */
  readonly retryAfter: number | undefined;
  readonly #problem: JsonObject | undefined;

  constructor(options: ServiceCallErrorOptions) {
    const { service, method, path, detail, cause } = options;
    super(
      `${service} gave no good answer to ${method} ${path}: ${detail}`,
      cause === undefined ? undefined : { cause },
    );
    this.reason = options.reason;
    this.service = service;
    this.method = method;
    this.path = path;
    this.status = options.status;
    this.code = options.code;
    this.decision = options.decision;
    this.retryAfter = options.retryAfter;
    this.#problem = options.problem;
  }

  /** The peer's problem details (RFC 9457) as they came: not for a log, nor to be passed on unread. */
  get problem(): JsonObject | undefined {
    return this.#problem;
  }
}
