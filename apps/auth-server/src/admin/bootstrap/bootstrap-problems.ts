import { ProblemException } from '@countersign/runtime';

/** There is an administrator: the bootstrap is over for everybody, whatever is sent. */
export class BootstrapOver extends ProblemException {
  constructor() {
    super(410, { code: 'BOOTSTRAP_OVER', detail: 'This server has an administrator' });
  }
}

/** The credential is unknown, used or expired; which of these, nobody is told. */
export class BootstrapRefused extends ProblemException {
  constructor() {
    super(403, {
      code: 'BOOTSTRAP_REFUSED',
      detail: 'The credential is not valid; a restart of the server makes a new one',
    });
  }
}

/** Too many tries: 429 with `Retry-After`. */
export class BootstrapThrottled extends ProblemException {
  constructor(retryAfter: number) {
    super(429, { code: 'TOO_MANY_REQUESTS', detail: 'Too many tries', retryAfter });
  }
}
