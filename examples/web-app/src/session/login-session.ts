import { randomBytes } from 'node:crypto';

import type { Clock, OutboundSubject } from '@countersign/token';

import { LoginError, SessionEndedError } from '../login/login-error.js';
import type { User, UserTokens } from '../login/people.js';

/** Seconds before its end from which on a token is renewed: a call under way must not outlive it. */
const margin = 15;

/** What a session is made of. */
export interface LoginSessionOptions {
  readonly user: User;
  readonly tokens: UserTokens;
  /** Seconds since the epoch. */
  readonly endsAt: number;
  readonly clock: Clock;
  /** Rejects with a LoginError. */
  readonly renew: (refreshToken: string, user: User) => Promise<UserTokens>;
}

/** Somebody who is logged in. Its tokens are in private fields: no log and no template can show them. */
export class LoginSession {
  readonly user: User;
  readonly endsAt: number;
  /** Stands in every form: a page of somebody else, whose form the browser sends too, has none. */
  readonly formToken = randomBytes(32).toString('base64url');
  readonly #options: LoginSessionOptions;
  #tokens: UserTokens;
  #renewal: Promise<UserTokens> | undefined;
  #isOver = false;

  constructor(options: LoginSessionOptions) {
    this.user = options.user;
    this.endsAt = options.endsAt;
    this.#options = options;
    this.#tokens = options.tokens;
  }

  /** Whether nobody may use it any more; requests under way may still hold it. */
  get isOver(): boolean {
    return this.#isOver || this.#options.clock.now() >= this.endsAt;
  }

  get refreshToken(): string | undefined {
    return this.#tokens.refreshToken;
  }

  end(): void {
    this.#isOver = true;
  }

  /**
   * The user with a token that is still good, renewed where it must be.
   *
   * Rejects with a SessionEndedError where the provider takes them no longer, and with a LoginError
   * (`unavailable`) where it gives no answer: then the session stays.
   */
  async subject(): Promise<OutboundSubject> {
    const { accessToken: token, expiresAt } = await this.#current();
    if (this.isOver) throw new SessionEndedError('the session has ended');
    return { uri: this.user.uri, token, expiresAt };
  }

  async #current(): Promise<UserTokens> {
    if (this.#options.clock.now() < this.#tokens.expiresAt - margin) return this.#tokens;
    // Once for all requests under way: a refresh token that is used twice looks stolen, and ends all.
    this.#renewal ??= this.#renew().finally(() => (this.#renewal = undefined));
    return this.#renewal;
  }

  async #renew(): Promise<UserTokens> {
    const { refreshToken } = this.#tokens;
    try {
      if (refreshToken === undefined) throw new LoginError('refused', 'there is no refresh token');
      this.#tokens = await this.#options.renew(refreshToken, this.user);
      return this.#tokens;
    } catch (error) {
      if (!(error instanceof LoginError) || error.reason === 'unavailable') throw error;
      this.end();
      throw new SessionEndedError(error.message);
    }
  }
}

declare module 'fastify' {
  interface Session {
    /** Only a session of somebody who has logged in is kept. */
    login?: LoginSession;
  }
}
