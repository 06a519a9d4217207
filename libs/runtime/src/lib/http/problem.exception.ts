import { HttpException } from '@nestjs/common';

import { problemBody } from './problem.js';

/** What a problem may say besides its status. @publicApi */
export interface ProblemOptions {
  /** Stable code for programs. */
  readonly code?: string;
  /** Public text for people; must not repeat what the caller sent. */
  readonly detail?: string;
  /** Further members of the body (RFC 9457 section 3.2); public, as `detail`. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** Whole seconds, sent as `Retry-After`; for 429 and 503. */
  readonly retryAfter?: number;
  readonly cause?: unknown;
}

/**
 * A request that an app refuses with a status and a stable code of its own.
 *
 * @example
 * throw new ProblemException(422, { code: 'USER_UNKNOWN', detail: 'Census knows no such user' });
 * @publicApi
 */
export class ProblemException extends HttpException {
  readonly retryAfter: number | undefined;

  constructor(status: number, options: ProblemOptions = {}) {
    const { code, detail, members, retryAfter, cause } = options;
    const body = problemBody({
      status,
      ...(detail === undefined ? {} : { detail }),
      members: { ...(code === undefined ? {} : { code }), ...members },
    });
    super(body, status, cause === undefined ? {} : { cause });
    this.retryAfter = retryAfter;
  }
}
