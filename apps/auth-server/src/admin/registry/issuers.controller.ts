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

import { issuerDocument, type IssuerDocument } from '../../registry/documents/documents.js';
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

/** `/admin/issuers`: others whose tokens are believed, within bounds. */
@AdminController('issuers')
export class IssuersController {
  constructor(
    @Inject(RegistryReader) private readonly reader: RegistryReader,
    @Inject(RegistryStore) private readonly store: RegistryStore,
  ) {}

  /** Every issuer, in the order of their names. */
  @Get()
  @Scopes('admin:read')
  async list(
    @Query({ schema: pageQuery }) query: z.output<typeof pageQuery>,
  ): Promise<Page<object>> {
    const page = pageRequest(query);
    return pageOf(await this.reader.issuers(page), page.limit, ({ name }) => name);
  }

  /** One issuer, with its version as `ETag`. */
  @Get(':name')
  @Scopes('admin:read')
  async one(
    @Param({ schema: namePath }) { name }: NamePath,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<object> {
    return withVersion(reply, await this.reader.issuer(name));
  }

  /** Creates (`If-None-Match: *`) or replaces (`If-Match`) an issuer. */
  @Put(':name')
  @Scopes('admin:write')
  async put(
    @Param({ schema: namePath }) { name }: NamePath,
    @Body({ schema: issuerDocument }) document: IssuerDocument,
    @Headers() headers: ConditionalHeaders,
    @By() by: Actor,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<object> {
    requireSame('name', document.name, name);
    const ifVersion = readPrecondition(headers['if-match'], headers['if-none-match']);
    await this.store.putIssuer(document, { ifVersion }, by);
    return withVersion(reply, await this.reader.issuer(name), ifVersion === 'absent');
  }

  /** Trusts an issuer no more; not while it vouches for an identity of a client. */
  @Delete(':name')
  @HttpCode(204)
  @Scopes('admin:write')
  async remove(
    @Param({ schema: namePath }) { name }: NamePath,
    @Headers('if-match') ifMatch: string | undefined,
    @By() by: Actor,
  ): Promise<void> {
    await this.store.removeIssuer(name, { ifVersion: requireVersion(ifMatch) }, by);
  }
}
