/**
 * Log-ins under way. Nothing is kept of them here: whoever opens the log-in page a million times
 * fills no memory and ends nobody's session. What belongs to one attempt follows from the id in its
 * cookie and a key that never leaves this process.
 */
import { createHmac, randomBytes } from 'node:crypto';

import type { Clock } from '@countersign/token';

/** One attempt to log in: what the answer of the provider is checked against. */
export interface LoginAttempt {
  /** Travels to the provider and back: an answer without it belongs to another browser. */
  readonly state: string;
  /** Stands in the ID token: one that was made for another attempt is refused. */
  readonly nonce: string;
  /** PKCE: whoever catches the code cannot use it without. */
  readonly codeVerifier: string;
}

/** Seconds a person may take to log in. */
export const attemptLifetime = 600;

const ID = /^(\d{1,12})\.[\w-]{43}$/;

/** Begins attempts, and knows them again. */
export class LoginAttempts {
  readonly #key = randomBytes(32);

  constructor(private readonly clock: Clock) {}

  /** A new attempt, and the id that the browser keeps in its cookie. */
  begin(): { readonly id: string; readonly attempt: LoginAttempt } {
    const now = Math.floor(this.clock.now());
    const id = `${now}.${randomBytes(32).toString('base64url')}`;
    return { id, attempt: this.#attempt(id) };
  }

  /** The attempt of a cookie; `undefined` for none, one that is too old, and anything else. */
  recall(id: string | undefined): LoginAttempt | undefined {
    const begun = ID.exec(id ?? '')?.[1];
    if (id === undefined || begun === undefined) return undefined;
    const age = this.clock.now() - Number(begun);
    return age >= -1 && age <= attemptLifetime ? this.#attempt(id) : undefined;
  }

  #attempt(id: string): LoginAttempt {
    return {
      state: this.#derived('state', id),
      nonce: this.#derived('nonce', id),
      codeVerifier: this.#derived('code_verifier', id),
    };
  }

  /** Whoever reads the cookie, or one of the three, learns nothing of the others. */
  #derived(purpose: string, id: string): string {
    return createHmac('sha256', this.#key).update(`${purpose} ${id}`).digest('base64url');
  }
}
