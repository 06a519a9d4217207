import { Controller, Get, Inject, Post } from '@nestjs/common';
import { Public } from '@countersign/auth';
import { DirectRoute } from '@countersign/runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { networkOf } from '../../token/limits/network-of.js';
import { TokenLimits } from '../../token/limits/token-limits.js';
import { parseForm } from '../../token/parse-form.js';
import { Interactions } from '../interactions.js';
import { consentForm, loginForm } from '../pages/plain-pages.js';
import type { Page } from '../people-pages.js';
import { AccountStore } from './account-store.js';

const reason = 'a browser comes here to log in, which it has not yet';

/** The pages of a login. */
@Controller('people/interaction')
export class InteractionController {
  constructor(
    @Inject(Interactions) private readonly interactions: Interactions,
    @Inject(AccountStore) private readonly accounts: AccountStore,
    @Inject(TokenLimits) private readonly limits: TokenLimits,
  ) {}

  /** Asks who somebody is, or what an application may do. */
  @Get(':uid')
  @Public({ reason })
  @DirectRoute()
  async show(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const details = await this.interactions.details(request);
    return send(reply, 200, details.prompt === 'login' ? loginForm(details) : consentForm(details));
  }

  /** What somebody answered. */
  @Post(':uid')
  @Public({ reason })
  @DirectRoute()
  async answer(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const details = await this.interactions.details(request);
    const form = parseForm(Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0));
    if (form.get('refuse') !== undefined) {
      await this.interactions.finish(request, reply, { error: 'access_denied' });
      return reply;
    }
    if (details.prompt === 'consent') {
      await this.interactions.finish(request, reply, { consent: {} });
      return reply;
    }
    const [email = '', password = ''] = [form.get('email'), form.get('password')];
    const network = networkOf(request.ip);
    this.limits.mayTry(network, email);
    const subject = await this.accounts.logIn(email, password);
    if (subject === undefined) {
      this.limits.failed(network, email);
      return send(reply, 401, loginForm(details, 'The address or the password is wrong.'));
    }
    await this.interactions.finish(request, reply, { login: { subject, amr: ['pwd'] } });
    return reply;
  }
}

function send(reply: FastifyReply, status: number, { html, headers = {} }: Page): unknown {
  return reply
    .code(status)
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      ...headers,
    })
    .send(html);
}
