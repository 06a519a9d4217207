import { Body, Controller, Header, HttpCode, Inject, Post, Req, UseFilters } from '@nestjs/common';
import { Public } from '@countersign/auth';

import type { RawRequest } from '../token/client-authentication/client-request.js';
import { TokenErrorFilter } from '../token/token-error.filter.js';
import type { TrustDocument } from './peers-of.js';
import { TrustEndpoint } from './trust-endpoint.js';

/** Where services ask who may call them. */
@Controller('oauth2')
@UseFilters(TokenErrorFilter)
export class TrustController {
  constructor(@Inject(TrustEndpoint) private readonly endpoint: TrustEndpoint) {}

  @Post('trust')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Header('pragma', 'no-cache')
  @Public({ reason: 'services authenticate with their own credentials here' })
  tell(@Req() request: RawRequest, @Body() body: unknown): Promise<TrustDocument> {
    return this.endpoint.tell(request, body);
  }
}
