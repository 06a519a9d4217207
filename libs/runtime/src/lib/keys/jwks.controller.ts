import { Controller, Get, Headers, Inject, Res } from '@nestjs/common';
import { Public } from '@countersign/auth';

import { SigningKeys } from './signing-keys.js';

interface Response {
  code(status: number): Response;
  header(name: string, value: string): Response;
}

/** Seconds a key set may be kept without asking again. */
const maxAge = 300;

/** `GET /.well-known/jwks.json`: the public keys of this service (RFC 7517). @internal */
@Controller('.well-known')
export class JwksController {
  constructor(@Inject(SigningKeys) private readonly keys: SigningKeys) {}

  /** The key set, or 304 for whoever has it already. */
  @Get('jwks.json')
  @Public({ reason: 'public keys: whoever verifies our tokens holds no token' })
  keySet(
    @Headers('if-none-match') known: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Buffer | undefined {
    const { body, etag } = this.keys.document;
    response.header('cache-control', `public, max-age=${maxAge}`).header('etag', etag);
    if (isKnown(known, etag)) {
      response.code(304);
      return undefined;
    }
    response.header('content-type', 'application/jwk-set+json');
    return Buffer.from(body);
  }
}

/** RFC 9110 section 13.1.2: `*`, or a list compared weakly. */
function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((item) => {
    const value = item.trim();
    return value === '*' || value.replace(/^W\//, '') === etag;
  });
}
