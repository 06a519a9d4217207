import { Module, type DynamicModule } from '@nestjs/common';

import { OpenApiController } from './openapi.controller.js';
import { OPENAPI_OPTIONS, type OpenApiOptions } from './openapi-options.js';

/**
 * Serves the app's own description at `/openapi.json`, open to everybody.
 *
 * @example
 * OpenApiModule.forRoot({ title: 'Census', description, publicUrl, schemes, slashed: ['/user'] })
 * @publicApi
 */
@Module({ controllers: [OpenApiController] })
export class OpenApiModule {
  static forRoot(options: OpenApiOptions): DynamicModule {
    return {
      module: OpenApiModule,
      providers: [{ provide: OPENAPI_OPTIONS, useValue: options }],
    };
  }
}
