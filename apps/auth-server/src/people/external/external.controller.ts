import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { Public } from '@countersign/auth';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { PageDesk } from '../pages/page-desk.js';
import { ExternalLogin } from './external-login.js';

/** Where people come back to from the external OpenID provider. */
@Controller('people')
@Public({ reason: 'people on their way back from the external provider' })
export class ExternalController {
  constructor(
    @Inject(PageDesk) private readonly desk: PageDesk,
    @Inject(ExternalLogin) private readonly external: ExternalLogin,
  ) {}

  /** The redirect URI that the provider knows. */
  @Get('external/callback')
  async callback(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.desk.answer(reply, () => this.external.comeBack(request, reply));
  }

  /** Back at the interaction, whose own cookie is sent here. */
  @Get('interaction/:uid/external')
  async goOn(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.desk.answer(reply, () => this.external.goOn(request, reply));
  }
}
