import { Body, Controller, Header, HttpCode, Inject, Post, Req, UseFilters } from '@nestjs/common';
import { Public } from '@countersign/auth';

import type { RawRequest } from './client-authentication/client-request.js';
import { TokenEndpoint, type TokenResponse } from './token-endpoint.js';
import { TokenErrorFilter } from './token-error.filter.js';

/** Where tokens are asked for. */
@Controller('oauth2')
@UseFilters(TokenErrorFilter)
export class TokenController {
  constructor(@Inject(TokenEndpoint) private readonly endpoint: TokenEndpoint) {}

  /** Authenticates the client, lets its grant decide, signs. */
  @Post('token')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Header('pragma', 'no-cache')
  @Public({ reason: 'clients authenticate with their own credentials here' })
  token(@Req() request: RawRequest, @Body() body: unknown): Promise<TokenResponse> {
    return this.endpoint.answer(request, body);
  }
}
