import { Body, Delete, Get, Headers, HttpCode, Inject, Param, Put, Res } from '@nestjs/common';
import { Scopes } from '@countersign/auth';

import { RegistryConflict } from '../../registry/registry-errors.js';
import type { Actor } from '../../registry/registry-store.js';
import { By } from '../actor.js';
import { AdminController } from '../admin-controller.decorator.js';
import { requireVersion } from '../http/preconditions.js';
import { withVersion, type Reply } from '../http/reply.js';
import {
  identitiesDocument,
  keysDocument,
  type IdentitiesDocument,
  type KeysDocument,
} from './client-documents.js';
import { ClientEditor, withoutKeys } from './client-editor.js';
import { clientPath, type ClientPath } from './paths.js';
import { RegistryReader } from './registry-reader.js';

/** `/admin/clients/:id/keys` and `/identities`: what proves a client without a secret. */
@AdminController('clients/:id')
export class ClientKeysController {
  constructor(
    @Inject(RegistryReader) private readonly reader: RegistryReader,
    @Inject(ClientEditor) private readonly editor: ClientEditor,
  ) {}

  /** Its public keys, or where they are. */
  @Get('keys')
  @Scopes('admin:read')
  async keys(
    @Param({ schema: clientPath }) { id }: ClientPath,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<object> {
    const { body, version } = await this.reader.client(id);
    if (!body.keys) throw new RegistryConflict('missing', 'the client has no public keys');
    return withVersion(reply, { body: body.keys, version });
  }

  /** Replaces its public keys; `If-Match` is the client's version. */
  @Put('keys')
  @Scopes('admin:write')
  async putKeys(
    @Param({ schema: clientPath }) { id }: ClientPath,
    @Body({ schema: keysDocument }) keys: KeysDocument,
    @Headers('if-match') ifMatch: string | undefined,
    @By() by: Actor,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<object> {
    await this.editor.edit(id, requireVersion(ifMatch), by, (client) => ({ ...client, keys }));
    return this.keys({ id }, reply);
  }

  /** Takes its public keys away. */
  @Delete('keys')
  @HttpCode(204)
  @Scopes('admin:write')
  async removeKeys(
    @Param({ schema: clientPath }) { id }: ClientPath,
    @Headers('if-match') ifMatch: string | undefined,
    @By() by: Actor,
  ): Promise<void> {
    await this.editor.edit(id, requireVersion(ifMatch), by, withoutKeys);
  }

  /** The workloads it is. */
  @Get('identities')
  @Scopes('admin:read')
  async identities(
    @Param({ schema: clientPath }) { id }: ClientPath,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<object> {
    const { body, version } = await this.reader.client(id);
    return withVersion(reply, { body: { identities: body.identities }, version });
  }

  /** Replaces the workloads it is; `If-Match` is the client's version. */
  @Put('identities')
  @Scopes('admin:write')
  async putIdentities(
    @Param({ schema: clientPath }) { id }: ClientPath,
    @Body({ schema: identitiesDocument }) { identities }: IdentitiesDocument,
    @Headers('if-match') ifMatch: string | undefined,
    @By() by: Actor,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<object> {
    await this.editor.edit(id, requireVersion(ifMatch), by, (client) => ({
      ...client,
      identities,
    }));
    return this.identities({ id }, reply);
  }
}
