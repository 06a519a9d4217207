import { Body, Delete, Get, Headers, HttpCode, Inject, Param, Put, Res } from '@nestjs/common';
import { Scopes } from '@countersign/auth';

import { grantDocument, type GrantDocument } from '../../registry/documents/documents.js';
import { RegistryConflict } from '../../registry/registry-errors.js';
import type { Actor } from '../../registry/registry-store.js';
import { By } from '../actor.js';
import { AdminController } from '../admin-controller.decorator.js';
import type { Page } from '../http/paging.js';
import {
  readPrecondition,
  requireVersion,
  type ConditionalHeaders,
} from '../http/preconditions.js';
import { withVersion, type Reply } from '../http/reply.js';
import { requireSame } from '../http/require-same.js';
import { ClientEditor, withGrant, withoutGrant } from './client-editor.js';
import { clientPath, grantPath, type ClientPath, type GrantPath } from './paths.js';
import { RegistryReader } from './registry-reader.js';

/** `/admin/clients/:id/grants`: what a client may do, one grant per service. */
@AdminController('clients/:id/grants')
export class ClientGrantsController {
  constructor(
    @Inject(RegistryReader) private readonly reader: RegistryReader,
    @Inject(ClientEditor) private readonly editor: ClientEditor,
  ) {}

  /** All its grants. */
  @Get()
  @Scopes('admin:read')
  async list(@Param({ schema: clientPath }) { id }: ClientPath): Promise<Page<object>> {
    const { body } = await this.reader.client(id);
    return { items: body.grants, next: null };
  }

  /** What it was granted at one service; the `ETag` is the client's version. */
  @Get(':service')
  @Scopes('admin:read')
  async one(
    @Param({ schema: grantPath }) { id, service }: GrantPath,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<object> {
    const { body, version } = await this.reader.client(id);
    const grant = body.grants.find((candidate) => candidate.service === service);
    if (!grant) throw new RegistryConflict('missing', 'there is no such grant');
    return withVersion(reply, { body: grant, version });
  }

  /** Grants something new (`If-None-Match: *`), or replaces (`If-Match`) what was granted. */
  @Put(':service')
  @Scopes('admin:write')
  async put(
    @Param({ schema: grantPath }) { id, service }: GrantPath,
    @Body({ schema: grantDocument }) grant: GrantDocument,
    @Headers() headers: ConditionalHeaders,
    @By() by: Actor,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<object> {
    requireSame('service', grant.service, service);
    const ifVersion = readPrecondition(headers['if-match'], headers['if-none-match']);
    if (ifVersion === 'absent') {
      await this.editor.add(id, by, withGrant(grant, true));
      reply.code(201);
    } else await this.editor.edit(id, ifVersion, by, withGrant(grant, false));
    return this.one({ id, service }, reply);
  }

  /** Takes everything at a service away. */
  @Delete(':service')
  @HttpCode(204)
  @Scopes('admin:write')
  async remove(
    @Param({ schema: grantPath }) { id, service }: GrantPath,
    @Headers('if-match') ifMatch: string | undefined,
    @By() by: Actor,
  ): Promise<void> {
    await this.editor.edit(id, requireVersion(ifMatch), by, withoutGrant(service));
  }
}
