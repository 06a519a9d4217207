import { Controller, Get, Inject, Optional, Post, Req, Res } from '@nestjs/common';
import { Public } from '@countersign/auth';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { AccountStore } from '../accounts/account-store.js';
import { SignIn } from '../accounts/sign-in.js';
import { ExternalLogin } from '../external/external-login.js';
import { Interactions, type InteractionDetails } from '../interactions.js';
import { asksOf } from './asks.js';
import { PageDesk, senderOf, type FormPlace } from './page-desk.js';
import type { PageError } from './templates.js';

const wrong = 'The e-mail or the password is not right.';

/** `/people/interaction/:uid`: the pages of a login. Whom they are for is bound to the browser. */
@Controller('people/interaction/:uid')
@Public({ reason: 'pages of people who are about to log in' })
export class InteractionController {
  constructor(
    @Inject(Interactions) private readonly interactions: Interactions,
    @Inject(PageDesk) private readonly desk: PageDesk,
    @Inject(SignIn) private readonly signIn: SignIn,
    @Inject(AccountStore) private readonly accounts: AccountStore,
    @Optional() @Inject(ExternalLogin) private readonly external?: ExternalLogin,
  ) {}

  /** Asks who somebody is, or what an application may do. */
  @Get()
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.desk.answer(reply, async () => {
      const details = await this.interactions.details(request);
      if (details.prompt === 'consent') return this.showConsent(request, reply, details);
      if (this.external) return this.external.begin(request, reply, details);
      return this.showLogin(request, reply, details, { email: details.loginHint ?? '' });
    });
  }

  /** Takes e-mail and password. */
  @Post('login')
  async login(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.desk.answer(reply, async () => {
      const details = await this.interactions.details(request);
      const form = this.desk.read(request, pathOf(details, 'login'));
      const email = form.get('email') ?? '';
      if (this.external) return this.external.begin(request, reply, details);
      const result = await this.signIn.attempt({
        email,
        password: form.get('password') ?? '',
        place: this.desk.placeOf(request),
        address: senderOf(request),
        client: details.client.id,
      });
      if ('account' in result) {
        this.desk.keepDevice(reply, result.device);
        const login = { subject: result.account.user, amr: ['pwd'] };
        return this.interactions.finish(request, reply, { login });
      }
      if (result.refused === 'wrong') {
        const errors = [{ field: 'email', text: wrong }];
        return this.showLogin(request, reply, details, { email, errors, status: 401 });
      }
      void reply.header('retry-after', String(result.wait));
      const text = `Too many attempts. Wait ${spanOf(result.wait)}, then try again.`;
      return this.showLogin(request, reply, details, { email, errors: [{ text }], status: 429 });
    });
  }

  /** Takes the answer to what an application asks for. */
  @Post('consent')
  async consent(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.desk.answer(reply, async () => {
      const details = await this.interactions.details(request);
      const form = this.desk.read(request, pathOf(details, 'consent'));
      const isAllowed = form.get('decision') === 'allow';
      const answer = isAllowed ? { consent: {} } : { error: 'access_denied' as const };
      await this.interactions.finish(request, reply, answer);
    });
  }

  /** Goes back to the application without logging in. */
  @Post('cancel')
  async cancel(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.desk.answer(reply, async () => {
      const details = await this.interactions.details(request);
      this.desk.read(request, pathOf(details, 'cancel'));
      await this.interactions.finish(request, reply, { error: 'access_denied' });
    });
  }

  private showLogin(
    request: FastifyRequest,
    reply: FastifyReply,
    details: InteractionDetails,
    shown: {
      readonly email: string;
      readonly errors?: readonly PageError[];
      readonly status?: number;
    },
  ): void {
    const { email, errors, status = 200 } = shown;
    const paths = [pathOf(details, 'login'), pathOf(details, 'cancel')];
    const [login, cancel] = this.desk.forms(request, reply, paths) as [FormPlace, FormPlace];
    const values = {
      ...login,
      title: 'Log in',
      client: details.client.name,
      email: email.slice(0, 254),
      wrong: status === 401,
      forgotten: this.desk.address('people/reset'),
      cancel: cancel.action,
      cancelCsrf: cancel.csrf,
      errors,
    };
    this.desk.send(reply, status, 'login', values, details.formTargets);
  }

  private async showConsent(
    request: FastifyRequest,
    reply: FastifyReply,
    details: InteractionDetails,
  ): Promise<void> {
    const account = await this.accounts.findByUser(details.subject ?? '');
    const values = {
      ...this.desk.form(request, reply, pathOf(details, 'consent')),
      title: `Allow ${details.client.name}?`,
      client: details.client.name,
      email: account?.email ?? details.subject ?? '',
      asks: asksOf(details.scopes),
      target: details.formTargets[0] ?? details.client.name,
    };
    this.desk.send(reply, 200, 'consent', values, details.formTargets);
  }
}

function pathOf({ uid }: InteractionDetails, step: 'login' | 'consent' | 'cancel'): string {
  return `people/interaction/${uid}/${step}`;
}

/** A span for a person, rounded up. */
function spanOf(seconds: number): string {
  if (seconds === 1) return 'a second';
  if (seconds <= 90) return `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
