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

import { clientDocument, type ClientDocument } from '../../registry/documents/documents.js';
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
import { ClientEditor } from './client-editor.js';
import { clientPath, type ClientPath } from './paths.js';
import { RegistryReader } from './registry-reader.js';

/** `/admin/clients`: who may ask for tokens. */
@AdminController('clients')
export class ClientsController {
  constructor(
    @Inject(RegistryReader) private readonly reader: RegistryReader,
    @Inject(ClientEditor) private readonly editor: ClientEditor,
  ) {}

  /** Every client, in the order of their ids. */
  @Get()
  @Scopes('admin:read')
  async list(
    @Query({ schema: pageQuery }) query: z.output<typeof pageQuery>,
  ): Promise<Page<object>> {
    const page = pageRequest(query);
    return pageOf(await this.reader.clients(page), page.limit, ({ id }) => id);
  }

  /** One client, with its version as `ETag`; its secrets are a list of their own. */
  @Get(':id')
  @Scopes('admin:read')
  async one(
    @Param({ schema: clientPath }) { id }: ClientPath,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<object> {
    return withVersion(reply, await this.reader.client(id));
  }

  /**
   * Creates (`If-None-Match: *`) or replaces (`If-Match`) a client. Without `secrets` it keeps them.
   */
  @Put(':id')
  @Scopes('admin:write')
  async put(
    @Param({ schema: clientPath }) { id }: ClientPath,
    @Body({ schema: clientDocument }) document: ClientDocument,
    @Headers() headers: ConditionalHeaders,
    @By() by: Actor,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<object> {
    requireSame('id', document.id, id);
    const ifVersion = readPrecondition(headers['if-match'], headers['if-none-match']);
    await this.editor.put(document, ifVersion, by);
    return withVersion(reply, await this.reader.client(id), ifVersion === 'absent');
  }

  /** Removes a client with all it holds; not oneself, and not the last administrator. */
  @Delete(':id')
  @HttpCode(204)
  @Scopes('admin:write')
  async remove(
    @Param({ schema: clientPath }) { id }: ClientPath,
    @Headers('if-match') ifMatch: string | undefined,
    @By() by: Actor,
  ): Promise<void> {
    await this.editor.remove(id, requireVersion(ifMatch), by);
  }
}
