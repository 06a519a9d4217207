import {
  Body,
  Delete,
  Get,
  Headers,
  HttpCode,
  Inject,
  Param,
  Put,
  Query,
  Res,
} from '@nestjs/common';
import { Scopes } from '@countersign/auth';
import type { z } from 'zod';

import { serviceDocument, type ServiceDocument } from '../../registry/documents/documents.js';
import { RegistryStore } from '../../registry/registry-store.js';
import type { Actor } from '../../registry/registry-store.js';
import { By } from '../actor.js';
import { AdminController } from '../admin-controller.decorator.js';
import { pageOf, pageQuery, pageRequest, type Page } from '../http/paging.js';
import {
  readPrecondition,
  requireVersion,
  type ConditionalHeaders,
} from '../http/preconditions.js';
import { withVersion, type Reply } from '../http/reply.js';
import { requireSame } from '../http/require-same.js';
import { namePath, type NamePath } from './paths.js';
import { RegistryReader } from './registry-reader.js';

/** `/admin/services`: what tokens can be meant for. */
@AdminController('services')
export class ServicesController {
  constructor(
    @Inject(RegistryReader) private readonly reader: RegistryReader,
    @Inject(RegistryStore) private readonly store: RegistryStore,
  ) {}

  /** Every service, in the order of their names. */
  @Get()
  @Scopes('admin:read')
  async list(
    @Query({ schema: pageQuery }) query: z.output<typeof pageQuery>,
  ): Promise<Page<object>> {
    const page = pageRequest(query);
    return pageOf(await this.reader.services(page), page.limit, ({ name }) => name);
  }

  /** One service, with its version as `ETag`. */
  @Get(':name')
  @Scopes('admin:read')
  async one(
    @Param({ schema: namePath }) { name }: NamePath,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<object> {
    return withVersion(reply, await this.reader.service(name));
  }

  /** Creates (`If-None-Match: *`) or replaces (`If-Match`) a service. */
  @Put(':name')
  @Scopes('admin:write')
  async put(
    @Param({ schema: namePath }) { name }: NamePath,
    @Body({ schema: serviceDocument }) document: ServiceDocument,
    @Headers() headers: ConditionalHeaders,
    @By() by: Actor,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<object> {
    requireSame('name', document.name, name);
    const ifVersion = readPrecondition(headers['if-match'], headers['if-none-match']);
    await this.store.putService(document, { ifVersion }, by);
    return withVersion(reply, await this.reader.service(name), ifVersion === 'absent');
  }

  /** Removes a service that no client holds anything of. */
  @Delete(':name')
  @HttpCode(204)
  @Scopes('admin:write')
  async remove(
    @Param({ schema: namePath }) { name }: NamePath,
    @Headers('if-match') ifMatch: string | undefined,
    @By() by: Actor,
  ): Promise<void> {
    await this.store.removeService(name, { ifVersion: requireVersion(ifMatch) }, by);
  }
}
