import { ProblemException } from '../http/problem.exception.js';

/** A rotation was asked for before the next key is announced: 429 with `Retry-After`. @publicApi */
export class RotationTooSoon extends ProblemException {
  /** `wait` in seconds. */
  constructor(wait: number) {
    super(429, {
      code: 'ROTATION_TOO_SOON',
      detail: 'The next key has not been published for long enough to sign',
      retryAfter: Math.max(1, Math.ceil(wait)),
    });
  }
}

/** A command named a key that is not live: 404. @publicApi */
export class KeyNotFound extends ProblemException {
  constructor() {
    super(404, { code: 'KEY_NOT_FOUND', detail: 'No live key has this id' });
  }
}

/** Nobody could say which key signs now: 503. @publicApi */
export class SigningKeysUnavailable extends ProblemException {
  constructor() {
    super(503, {
      code: 'SIGNING_KEYS_UNAVAILABLE',
      detail: 'The signing keys could not be checked for a while',
      retryAfter: 5,
    });
  }
}
