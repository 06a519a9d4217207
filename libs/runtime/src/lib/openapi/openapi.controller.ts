import { Controller, Get, Headers, Inject, Res, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '@countersign/auth';

import {
  cachedDocument,
  sendDocument,
  type CachedDocument,
  type DocumentReply,
} from '../http/cached-document.js';
import { describeApi } from './describe-api.js';
import { OPENAPI_OPTIONS, type OpenApiOptions } from './openapi-options.js';

/** Seconds a description may be kept without asking again. */
const maxAge = 300;

/** `GET /openapi.json`: the app's interface, for people and generators. @internal */
@ApiExcludeController()
@Controller()
export class OpenApiController implements OnApplicationBootstrap {
  private document: CachedDocument | undefined;

  constructor(
    @Inject(ModulesContainer) readonly modules: ModulesContainer,
    @Inject(HttpAdapterHost) readonly adapterHost: HttpAdapterHost,
    @Inject(OPENAPI_OPTIONS) private readonly options: OpenApiOptions,
  ) {}

  /** An interface that cannot be described stops the start. */
  onApplicationBootstrap(): void {
    this.document = cachedDocument(describeApi(this, this.options));
  }

  /** The OpenAPI 3.1 document. */
  @Get('openapi.json')
  @Public({ reason: 'describes the interface, which is no secret; says nothing of anybody' })
  describe(
    @Headers('if-none-match') known: string | undefined,
    @Res({ passthrough: true }) reply: DocumentReply,
  ): Buffer | undefined {
    if (!this.document) throw new Error('The application has not started');
    return sendDocument(reply, this.document, {
      known,
      maxAge,
      contentType: 'application/openapi+json',
    });
  }
}
