import { Controller, Get, Header, Inject } from '@nestjs/common';
import { Public } from '@countersign/auth';

import { grantTypes } from '../token/grant-types.js';
import { ISSUER } from '../token/token.constants.js';

/** Authorization server metadata (RFC 8414): exactly what this server does. */
@Controller('.well-known')
export class MetadataController {
  constructor(@Inject(ISSUER) private readonly issuer: string) {}

  /** The document; `response_types_supported` is mandatory, and empty: nobody logs in here. */
  @Get('oauth-authorization-server')
  @Header('cache-control', 'public, max-age=300')
  @Public({ reason: 'metadata: whoever wants a token has none yet' })
  metadata(): object {
    return {
      issuer: this.issuer,
      token_endpoint: `${this.issuer}/oauth2/token`,
      jwks_uri: `${this.issuer}/.well-known/jwks.json`,
      response_types_supported: [],
      grant_types_supported: [...grantTypes.keys()],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    };
  }
}
