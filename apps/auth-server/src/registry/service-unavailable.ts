import { ProblemException } from '@countersign/runtime';

/**
 * Nobody could decide: what this server knows may be outdated, or the database does not answer.
 * Answered with 503 and `Retry-After`, in the shape of the path.
 */
export class ServiceUnavailable extends ProblemException {
  override readonly name = 'ServiceUnavailable';

  constructor(
    /** For the log. */
    readonly reason: string,
    cause?: unknown,
  ) {
    super(503, { retryAfter: 1, ...(cause === undefined ? {} : { cause }) });
  }
}
