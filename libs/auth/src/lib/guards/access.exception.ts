import { STATUS_CODES } from 'node:http';

import { HttpException } from '@nestjs/common';
import type { AccessError } from '@countersign/token';

/**
 * Body of a refusal (RFC 9457), with the stable code and the id under which the log explains it.
 * @publicApi
 */
export interface AccessProblem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: AccessError['code'];
  readonly decision: string;
}

/**
 * An `AccessError` on its way out of the guard. It is an `HttpException`, so an application's own
 * catch-all filter still answers the right status and body.
 * @publicApi
 */
export class AccessException extends HttpException {
  constructor(
    readonly error: AccessError,
    readonly decision: string,
    /** The service's name of the audience that the route is for. */
    readonly audience?: string,
  ) {
    const problem: AccessProblem = {
      type: 'about:blank',
      title: STATUS_CODES[error.status] ?? 'Error',
      status: error.status,
      detail: error.message,
      code: error.code,
      decision,
    };
    super(problem, error.status, { cause: error });
  }
}
