import { Body, Delete, Get, Headers, HttpCode, Inject, Param, Put, Res } from '@nestjs/common';
import { Scopes } from '@countersign/auth';

import { edgeDocument, type EdgeDocument } from '../../registry/documents/documents.js';
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
import { ClientEditor, withEdge, withoutEdge } from './client-editor.js';
import { clientPath, edgePath, type ClientPath, type EdgePath } from './paths.js';
import { RegistryReader } from './registry-reader.js';

/** `/admin/clients/:id/on-behalf-of`: which tokens a client may exchange for which. */
@AdminController('clients/:id/on-behalf-of')
export class ClientEdgesController {
  constructor(
    @Inject(RegistryReader) private readonly reader: RegistryReader,
    @Inject(ClientEditor) private readonly editor: ClientEditor,
  ) {}

  /** All its edges. */
  @Get()
  @Scopes('admin:read')
  async list(@Param({ schema: clientPath }) { id }: ClientPath): Promise<Page<object>> {
    const { body } = await this.reader.client(id);
    return { items: body.onBehalfOf, next: null };
  }

  /** One edge, from service to service; the `ETag` is the client's version. */
  @Get(':source/:target')
  @Scopes('admin:read')
  async one(
    @Param({ schema: edgePath }) { id, source, target }: EdgePath,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<object> {
    const { body, version } = await this.reader.client(id);
    const edge = body.onBehalfOf.find((one) => one.source === source && one.target === target);
    if (!edge) throw new RegistryConflict('missing', 'there is no such edge');
    return withVersion(reply, { body: edge, version });
  }

  /** Allows an exchange (`If-None-Match: *`), or replaces (`If-Match`) what is allowed. */
  @Put(':source/:target')
  @Scopes('admin:write')
  async put(
    @Param({ schema: edgePath }) { id, source, target }: EdgePath,
    @Body({ schema: edgeDocument }) edge: EdgeDocument,
    @Headers() headers: ConditionalHeaders,
    @By() by: Actor,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<object> {
    requireSame('source', edge.source, source);
    requireSame('target', edge.target, target);
    const ifVersion = readPrecondition(headers['if-match'], headers['if-none-match']);
    if (ifVersion === 'absent') {
      await this.editor.add(id, by, withEdge(edge, true));
      reply.code(201);
    } else await this.editor.edit(id, ifVersion, by, withEdge(edge, false));
    return this.one({ id, source, target }, reply);
  }

  /** Forbids an exchange. */
  @Delete(':source/:target')
  @HttpCode(204)
  @Scopes('admin:write')
  async remove(
    @Param({ schema: edgePath }) { id, source, target }: EdgePath,
    @Headers('if-match') ifMatch: string | undefined,
    @By() by: Actor,
  ): Promise<void> {
    const version = requireVersion(ifMatch);
    await this.editor.edit(id, version, by, withoutEdge({ source, target }));
  }
}
