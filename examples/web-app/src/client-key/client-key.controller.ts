import { Controller, Get, Header, Inject } from '@nestjs/common';
import { Public } from '@countersign/auth';
import type { SigningJwk } from '@countersign/token';

import { PARTS, type Parts } from '../parts.js';

/** `GET /.well-known/jwks.json`: where the authorization server finds the key of this client. */
@Controller('.well-known')
export class ClientKeyController {
  constructor(@Inject(PARTS) private readonly parts: Parts) {}

  @Get('jwks.json')
  @Header('content-type', 'application/jwk-set+json')
  @Header('cache-control', 'public, max-age=300')
  @Public({ reason: 'a public key: the authorization server that reads it has no token of ours' })
  keys(): { readonly keys: readonly SigningJwk[] } {
    return { keys: [this.parts.key.publicJwk] };
  }
}
