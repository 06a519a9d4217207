import { Body, Controller, Header, HttpCode, Inject, Post, Req, UseFilters } from '@nestjs/common';
import { Public } from '@countersign/auth';

import type { RawRequest } from '../../token/client-authentication/client-request.js';
import { TokenErrorFilter } from '../../token/token-error.filter.js';
import type { IntrospectionResponse } from './introspection.js';
import { StatusEndpoints } from './status-endpoints.js';

/** Where clients ask what a token is worth, and take back their own. */
@Controller('oauth2')
@UseFilters(TokenErrorFilter)
export class StatusController {
  constructor(@Inject(StatusEndpoints) private readonly endpoints: StatusEndpoints) {}

  /** RFC 7662. */
  @Post('introspect')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Header('pragma', 'no-cache')
  @Public({ reason: 'clients authenticate with their own credentials here' })
  introspect(@Req() request: RawRequest, @Body() body: unknown): Promise<IntrospectionResponse> {
    return this.endpoints.introspect(request, body);
  }

  /** RFC 7009. */
  @Post('revoke')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Header('pragma', 'no-cache')
  @Public({ reason: 'clients authenticate with their own credentials here' })
  revoke(@Req() request: RawRequest, @Body() body: unknown): Promise<void> {
    return this.endpoints.revoke(request, body);
  }
}
