import { Controller, Get, HttpException, Inject, Post, Req, Res } from '@nestjs/common';
import { Public } from '@countersign/auth';
import type { FastifyReply, FastifyRequest } from 'fastify';

import type { Account } from '../accounts/account.js';
import { canonicalAddress } from '../accounts/canonical-address.js';
import type { LinkPurpose } from '../accounts/links.js';
import { NewPasswords } from '../accounts/new-passwords.js';
import { passwordLength, type PasswordProblem } from '../accounts/password-rules.js';
import { SignIn } from '../accounts/sign-in.js';
import { RateLimit } from '../../token/limits/rate-limit.js';
import { linkPath } from '../mail/people-mail.js';
import { PageDesk, senderOf } from './page-desk.js';

/** Injection token of the limit of how many mails one network may ask for. */
export const RESET_LIMIT = Symbol('people:reset-limit');

const problems: Readonly<Record<PasswordProblem, string>> = {
  'too-short': `Use at least ${passwordLength.least} characters.`,
  'too-long': `Use at most ${passwordLength.most} characters.`,
  common: 'This password is one of those that are guessed first. Choose another.',
  personal: 'This is little more than your name or address. Choose something else.',
};

const wording = {
  invitation: {
    title: 'Choose a password',
    lead: 'It opens your account, in all applications that log in here.',
    button: 'Set the password',
  },
  reset: {
    title: 'Choose a new password',
    lead: 'You will be logged out wherever you are logged in.',
    button: 'Set the new password',
  },
} as const;

/** Forms that set passwords, behind links that came by mail. A GET changes nothing. */
@Controller('people')
@Public({ reason: 'pages of people who have no password (any more)' })
export class PasswordController {
  constructor(
    @Inject(PageDesk) private readonly desk: PageDesk,
    @Inject(NewPasswords) private readonly passwords: NewPasswords,
    @Inject(SignIn) private readonly signIn: SignIn,
    @Inject(RESET_LIMIT) private readonly limit: RateLimit,
  ) {}

  /** Asks for the address of who has forgotten a password. */
  @Get('reset')
  async forgotten(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.desk.answer(reply, async () => this.showForgotten(request, reply, 200, ''));
  }

  /** Answers the same whether there is such an account. */
  @Post('reset')
  async request(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.desk.answer(reply, async () => {
      const email = this.desk.read(request, 'people/reset').get('email') ?? '';
      if (canonicalAddress(email) === undefined) {
        return this.showForgotten(request, reply, 400, email);
      }
      const wait = this.limit.take(this.desk.placeOf(request).network);
      if (wait > 0) {
        void reply.header('retry-after', String(wait));
        throw new HttpException('too many mails asked for', 429);
      }
      await this.passwords.request(email);
      this.desk.send(reply, 200, 'message', {
        title: 'Look into your mail',
        isGood: true,
        paragraphs: [
          'If there is an account for this address, a mail with a link is on its way to it. The link is good for a short while, and once.',
          'You may close this window.',
        ],
      });
    });
  }

  /** The form behind an invitation. */
  @Get('invitation/:token')
  async invitation(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.desk.answer(reply, () => this.show(request, reply, 'invitation'));
  }

  /** Sets the first password. */
  @Post('invitation/:token')
  async accept(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.desk.answer(reply, () => this.set(request, reply, 'invitation'));
  }

  /** The form behind a reset link. */
  @Get('password/:token')
  async reset(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.desk.answer(reply, () => this.show(request, reply, 'reset'));
  }

  /** Sets a new password. */
  @Post('password/:token')
  async replace(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.desk.answer(reply, () => this.set(request, reply, 'reset'));
  }

  private async show(
    request: FastifyRequest,
    reply: FastifyReply,
    purpose: LinkPurpose,
  ): Promise<void> {
    const account = await this.passwords.accountOf(tokenOf(request), purpose);
    if (!account) return this.showSpent(reply);
    this.showForm(request, reply, { purpose, account });
  }

  private async set(
    request: FastifyRequest,
    reply: FastifyReply,
    purpose: LinkPurpose,
  ): Promise<void> {
    const token = tokenOf(request);
    const form = this.desk.read(request, linkPath(purpose, token));
    const account = await this.passwords.accountOf(token, purpose);
    if (!account) return this.showSpent(reply);
    const password = form.get('password') ?? '';
    const isSame = form.get('repeat') === form.get('password');
    const repeatProblem = isSame ? undefined : 'The two are not the same.';
    if (repeatProblem) return this.showForm(request, reply, { purpose, account, repeatProblem });
    const address = senderOf(request);
    const result = await this.passwords.set({ token, purpose, password, address });
    if ('account' in result) return this.welcome(request, reply, result.account);
    if (result.refused === 'link') return this.showSpent(reply);
    this.showForm(request, reply, { purpose, account, problem: problems[result.refused] });
  }

  private async welcome(
    request: FastifyRequest,
    reply: FastifyReply,
    account: Account,
  ): Promise<void> {
    const { network } = this.desk.placeOf(request);
    // Whoever holds the link holds the mailbox: this browser is the owner's.
    const device = await this.signIn.remember(account, { device: undefined, network });
    this.desk.keepDevice(reply, device);
    this.desk.send(reply, 200, 'message', {
      title: 'Your password is set',
      isGood: true,
      paragraphs: [
        `From now on you log in as ${account.email} with it.`,
        'Go back to the application you want to use, and log in there.',
      ],
    });
  }

  private showForm(
    request: FastifyRequest,
    reply: FastifyReply,
    shown: {
      readonly purpose: LinkPurpose;
      readonly account: Account;
      readonly problem?: string;
      readonly repeatProblem?: string;
    },
  ): void {
    const { purpose, account, problem, repeatProblem } = shown;
    const errors = [
      ...(problem === undefined ? [] : [{ field: 'password', text: problem }]),
      ...(repeatProblem === undefined ? [] : [{ field: 'repeat', text: repeatProblem }]),
    ];
    this.desk.send(reply, errors.length > 0 ? 422 : 200, 'newPassword', {
      ...wording[purpose],
      ...this.desk.form(request, reply, linkPath(purpose, tokenOf(request))),
      email: account.email,
      least: passwordLength.least,
      errors,
      problem,
      repeatProblem,
    });
  }

  private showForgotten(
    request: FastifyRequest,
    reply: FastifyReply,
    status: number,
    email: string,
  ): void {
    const problem = status === 200 ? undefined : 'Type an e-mail address such as ada@example.com.';
    this.desk.send(reply, status, 'forgotten', {
      ...this.desk.form(request, reply, 'people/reset'),
      title: 'Forgotten your password?',
      email: email.slice(0, 254),
      problem,
      errors: problem === undefined ? [] : [{ field: 'email', text: problem }],
    });
  }

  private showSpent(reply: FastifyReply): void {
    this.desk.send(reply, 404, 'message', {
      title: 'This link is over',
      paragraphs: [
        'It was used already, has ended, or is not complete.',
        'Have a new one sent to you; if you never had a password here, ask whoever invited you.',
      ],
      link: { href: this.desk.address('people/reset'), text: 'Send a new link' },
    });
  }
}

function tokenOf(request: FastifyRequest): string {
  return (request.params as { readonly token?: string }).token ?? '';
}
