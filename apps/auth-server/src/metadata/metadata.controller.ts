import { Controller, Get, Headers, Inject, Res } from '@nestjs/common';
import { Public } from '@countersign/auth';
import {
  cachedDocument,
  sendDocument,
  type CachedDocument,
  type DocumentReply,
} from '@countersign/runtime';
import { asymmetricAlgorithms } from '@countersign/token';

import { grantTypes } from '../token/grants/grant-types.js';
import { ISSUER } from '../token/token.constants.js';
import { serverMetadata } from './server-metadata.js';

/** Seconds for which nobody needs to ask again. */
const maxAge = 300;

/** `GET /.well-known/oauth-authorization-server`: what this server does (RFC 8414). */
@Controller('.well-known')
export class MetadataController {
  private readonly document: CachedDocument;

  constructor(@Inject(ISSUER) issuer: string) {
    const features = {
      grantTypes: [...grantTypes.keys()],
      assertionAlgorithms: asymmetricAlgorithms,
    };
    this.document = cachedDocument(serverMetadata(issuer, features));
  }

  /** The document, or 304 for whoever has it already. */
  @Get('oauth-authorization-server')
  @Public({ reason: 'metadata: whoever wants a token has none yet' })
  metadata(
    @Headers('if-none-match') known: string | undefined,
    @Res({ passthrough: true }) reply: DocumentReply,
  ): Buffer | undefined {
    return sendDocument(reply, this.document, { known, maxAge, contentType: 'application/json' });
  }
}
