import { Controller, Get, Headers, Inject, Res } from '@nestjs/common';
import { Public } from '@countersign/auth';
import {
  cachedDocument,
  sendDocument,
  type CachedDocument,
  type ClientCertificates,
  type DocumentReply,
} from '@countersign/runtime';
import { asymmetricAlgorithms, dpopAlgorithms } from '@countersign/token';

import { grantTypes } from '../token/grants/grant-types.js';
import { CLIENT_CERTIFICATES, ISSUER } from '../token/token.constants.js';
import { serverMetadata } from './server-metadata.js';

/** Seconds for which nobody needs to ask again. */
const maxAge = 300;

/** `GET /.well-known/oauth-authorization-server`: what this server does (RFC 8414). */
@Controller('.well-known')
export class MetadataController {
  private readonly document: CachedDocument;

  constructor(
    @Inject(ISSUER) issuer: string,
    @Inject(CLIENT_CERTIFICATES) certificates: ClientCertificates,
  ) {
    const features = {
      grantTypes: [...grantTypes.keys()],
      assertionAlgorithms: asymmetricAlgorithms,
      proofAlgorithms: dpopAlgorithms,
      certificates,
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
