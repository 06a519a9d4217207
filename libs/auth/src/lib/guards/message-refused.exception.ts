import { IntrinsicException } from '@nestjs/common';
import type { AccessError } from '@countersign/token';

/** What the sender of a refused request gets, as Nest's message transports answer errors. @publicApi */
export interface MessageRefusal {
  readonly status: 'error';
  /** Public and fixed per code. */
  readonly message: string;
  readonly code: AccessError['code'];
  /** The id under which the receiver's log explains the refusal. */
  readonly decision: string;
  /** Whole seconds after which to ask again, when nobody could decide. */
  readonly retryAfter?: number;
}

/**
 * An `AccessError` on its way out of the guard, for a message. Nest logs no exception of this kind
 * by itself: who sends bad messages must not fill the log with them.
 * @publicApi
 */
export class MessageRefusedException extends IntrinsicException {
  constructor(
    readonly error: AccessError,
    readonly decision: string,
  ) {
    super(error.message, { cause: error });
  }

  get refusal(): MessageRefusal {
    const { status, message, code, retryAfter = 1 } = this.error;
    return {
      status: 'error',
      message,
      code,
      decision: this.decision,
      ...(status === 503 && { retryAfter }),
    };
  }
}
