import { Controller, Get, Headers, Inject, Res } from '@nestjs/common';
import { Public } from '@countersign/auth';

import { sendDocument, type DocumentReply } from '../http/cached-document.js';
import { SigningKeys } from './signing-keys.js';

/** `GET /.well-known/jwks.json`: the public keys of this service (RFC 7517). @internal */
@Controller('.well-known')
export class JwksController {
  constructor(@Inject(SigningKeys) private readonly keys: SigningKeys) {}

  /**
   * The key set, or 304 for whoever has it already. 503 when this replica has lost touch with the
   * database: a set without a key that others sign with would refuse good tokens, one with a key
   * that others dropped would accept bad ones; receivers keep the set they have.
   */
  @Get('jwks.json')
  @Public({ reason: 'public keys: whoever verifies our tokens holds no token' })
  keySet(
    @Headers('if-none-match') known: string | undefined,
    @Res({ passthrough: true }) reply: DocumentReply,
  ): Buffer | undefined {
    const { document, maxAge } = this.keys;
    return sendDocument(reply, document, {
      known,
      maxAge,
      contentType: 'application/jwk-set+json',
    });
  }
}
