import { TokenError } from '../token-error.js';

/** What a refusal for sending too much says. */
export interface TooManyRequestsOptions {
  /** For the log: which limit. */
  readonly reason: string;
  /** Whole seconds. */
  readonly retryAfter: number;
  /** Whether log and audit should have it: the first of its kind in a minute. */
  readonly isNotable: boolean;
  readonly client?: string | undefined;
}

/** 429 (RFC 6585 section 4) in the shape of RFC 6749. */
export class TooManyRequests extends TokenError {
  readonly isNotable: boolean;

  constructor({ reason, retryAfter, isNotable, client }: TooManyRequestsOptions) {
    super('temporarily_unavailable', {
      status: 429,
      description: 'Too many requests; the Retry-After header says when to try again',
      reason,
      retryAfter,
      client,
    });
    this.isNotable = isNotable;
  }
}
