import { status, type ServiceError } from '@grpc/grpc-js';

import { ServiceCallError, type ServiceCallFailure } from '../outbound/service-call-error.js';
import type { CallName } from '../outbound/service-answer.js';
import { CODE, DECISION, RETRY_AFTER } from './grpc-status.js';

const reasons: Partial<Record<status, ServiceCallFailure>> = {
  [status.CANCELLED]: 'cancelled',
  [status.UNKNOWN]: 'failed',
  [status.DEADLINE_EXCEEDED]: 'timeout',
  [status.UNIMPLEMENTED]: 'failed',
  [status.INTERNAL]: 'failed',
  [status.DATA_LOSS]: 'invalid_answer',
};

/**
 * A call over gRPC has no good answer. As with every ServiceCallError its message holds nothing that
 * the other side wrote; `code` and `decision` are the peer's, where its trailing metadata has them.
 * @publicApi
 */
export class GrpcCallError extends ServiceCallError {
  readonly #details: string;

  constructor(
    call: CallName,
    /** The status of gRPC. */
    readonly grpcStatus: status,
    details: string,
    refusal: {
      code?: string | undefined;
      decision?: string | undefined;
      retryAfter?: number | undefined;
    },
    cause: unknown,
  ) {
    const reason = reasonOf(grpcStatus, refusal.code);
    super({
      ...call,
      ...refusal,
      reason,
      detail: status[grpcStatus] ?? 'an unknown status',
      cause,
    });
    this.#details = details;
  }

  /** What the peer says of the status, as it came: not for a log, nor to be passed on unread. */
  get details(): string {
    return this.#details;
  }
}

/** Unavailable is whoever cannot be reached, and also a peer that says it cannot decide. */
function reasonOf(code: status, refusal: string | undefined): ServiceCallFailure {
  if (code === status.UNAVAILABLE) return refusal === undefined ? 'unreachable' : 'failed';
  return reasons[code] ?? 'refused';
}

/** What a call ended with, as an error of ours; what is one already stays as it is. @internal */
export function grpcCallError(error: unknown, call: CallName): unknown {
  if (!isServiceError(error)) return error;
  const one = (name: string, form: RegExp) => {
    const [value, another] = error.metadata.get(name);
    return another === undefined && form.test(String(value)) ? String(value) : undefined;
  };
  const code = one(CODE, /^[A-Z][A-Z_]{0,63}$/);
  const decision = one(DECISION, /^[\w-]{1,64}$/);
  const after = one(RETRY_AFTER, /^\d{1,6}$/);
  const retryAfter = after === undefined ? undefined : Number(after);
  return new GrpcCallError(
    call,
    error.code,
    error.details,
    { code, decision, retryAfter },
    undefined,
  );
}

/** Whether the peer says that the token is invalid (RFC 6750 section 3.1, in words of gRPC). @internal */
export function isUnauthenticated(error: unknown): boolean {
  return isServiceError(error) && error.code === status.UNAUTHENTICATED;
}

function isServiceError(error: unknown): error is ServiceError {
  const { code, metadata } = (error ?? {}) as Partial<ServiceError>;
  return typeof code === 'number' && metadata !== undefined;
}
