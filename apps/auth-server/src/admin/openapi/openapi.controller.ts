import { Get, Inject } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { AnyScope } from '@countersign/auth';

import { AdminController } from '../admin-controller.decorator.js';
import { ADMIN_ISSUER, ADMIN_MODULE } from '../admin.constants.js';
import { describeAdminApi } from './describe-admin-api.js';

/** `/admin/openapi.json`: this API's description, for whoever may use it. */
@AdminController('openapi.json')
export class OpenApiController {
  private document: object | undefined;

  constructor(
    @Inject(ADMIN_ISSUER) private readonly issuer: string,
    @Inject(ADMIN_MODULE) private readonly module: new () => object,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {}

  /** OpenAPI 3.1; made when it is first asked for. */
  @Get()
  @AnyScope('admin:read', 'admin:write')
  describe(): object {
    const { issuer, module, modules, adapterHost } = this;
    return (this.document ??= describeAdminApi({ issuer, module, modules, adapterHost }));
  }
}
