import { Controller, Get, Inject, Logger, Post, Redirect, Req, Res } from '@nestjs/common';
import { Public } from '@countersign/auth';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { PARTS, type Parts } from '../parts.js';
import { cookiesOf, type Cookies } from '../session/cookies.js';
import { loginOf } from '../session/login-of.js';
import { LoginSession } from '../session/login-session.js';
import { LoggedIn } from '../session/session.guard.js';
import { attemptLifetime, LoginAttempts } from './login-attempts.js';
import { LoginError } from './login-error.js';
import { People } from './people.js';

/** Where a browser goes next. */
interface Next {
  readonly url: string;
}

/** In, and out again. */
@Controller()
export class LoginController {
  readonly #logger = new Logger(LoginController.name);
  readonly #cookies: Cookies;

  constructor(
    @Inject(PARTS) private readonly parts: Parts,
    @Inject(LoginAttempts) private readonly attempts: LoginAttempts,
    @Inject(People) private readonly people: People,
  ) {
    this.#cookies = cookiesOf(parts.settings);
  }

  /** Begins a log-in: the provider asks for name and password, this application never sees them. */
  @Get('login')
  @Redirect('/', 303)
  @Public({ reason: 'the way in' })
  async login(@Res({ passthrough: true }) reply: FastifyReply): Promise<Next> {
    const { id, attempt } = this.attempts.begin();
    const url = await this.people.loginUrl(attempt);
    const { attempt: name, attributes } = this.#cookies;
    reply.setCookie(name, id, { ...attributes, maxAge: attemptLifetime });
    return { url: url.href };
  }

  /** Where the provider sends the browser back: everything in it may have been made up by anybody. */
  @Get('callback')
  @Redirect('/notifications', 303)
  @Public({ reason: 'the way in: whoever comes is logged in here, or is not' })
  async callback(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const { attempt: name, attributes } = this.#cookies;
    const attempt = this.attempts.recall(request.cookies[name]);
    // Nothing is begun, and somebody is logged in: a form that was sent twice, or the way back.
    if (attempt === undefined && loginOf(request) !== undefined) return;
    if (attempt === undefined) throw new LoginError('expired', 'no log-in is under way');
    // Whatever comes of it, the attempt is used up.
    reply.clearCookie(name, attributes);
    const [, query = ''] = request.raw.url?.split('?', 2) ?? [];
    const { user, tokens } = await this.people.complete(query, attempt);
    // A new id: one that somebody else planted, or knows, leads nowhere now.
    await request.session.regenerate();
    const { clock, settings } = this.parts;
    request.session.login = new LoginSession({
      user,
      tokens,
      clock,
      endsAt: clock.now() + settings.sessionLifetime,
      renew: (refreshToken, of) => this.people.renew(refreshToken, of),
    });
  }

  /** Ends the session here, then at the provider, which asks whether that is meant. */
  @Post('logout')
  @Redirect('/', 303)
  @LoggedIn()
  async logout(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Next | undefined> {
    const refreshToken = loginOf(request)?.refreshToken;
    await request.session.destroy();
    reply.clearCookie(this.#cookies.session, this.#cookies.attributes);
    // Nobody stays logged in here because the provider is down.
    const [, url] = await Promise.all([
      refreshToken && this.#orWarn(this.people.forget(refreshToken)),
      this.#orWarn(this.people.logoutUrl()),
    ]);
    return url ? { url: url.href } : undefined;
  }

  #orWarn<Result>(result: Promise<Result>): Promise<Result | undefined> {
    return result.catch((error: unknown) => {
      if (!(error instanceof LoginError)) throw error;
      this.#logger.warn(`logged out here only: ${error.message}`);
      return undefined;
    });
  }
}
