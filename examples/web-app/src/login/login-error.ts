/**
 * Why nobody is logged in. `denied`: the person said no; `expired`: no log-in of this browser is under
 * way, or it took too long; `refused`: the provider's answer does not belong to it, or its code was
 * used already; `unavailable`: the provider is down or slow, or does not know this application.
 */
export type LoginFailure = 'denied' | 'expired' | 'refused' | 'unavailable';

/** A log-in that did not come to its end. Holds nothing that the provider or the browser wrote. */
export class LoginError extends Error {
  override readonly name = 'LoginError';

  constructor(
    readonly reason: LoginFailure,
    /** For the log. */
    detail: string,
  ) {
    super(detail);
  }
}

/** Whoever was logged in has to do so again: the session is over, or their right to it. */
export class SessionEndedError extends Error {
  override readonly name = 'SessionEndedError';
}
