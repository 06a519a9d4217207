import { Body, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { Scopes } from '@countersign/auth';

import { RegistryStore } from '../../registry/registry-store.js';
import type { Actor } from '../../registry/registry-store.js';
import { By } from '../actor.js';
import { AdminController } from '../admin-controller.decorator.js';
import type { Page } from '../http/paging.js';
import { newSecretDocument, type NewSecret } from './client-documents.js';
import { ClientEditor } from './client-editor.js';
import { clientPath, secretPath, type ClientPath, type SecretPath } from './paths.js';
import { RegistryReader } from './registry-reader.js';

/** `/admin/clients/:id/secrets`: several live ones, so that one can be replaced without an outage. */
@AdminController('clients/:id/secrets')
export class ClientSecretsController {
  constructor(
    @Inject(RegistryReader) private readonly reader: RegistryReader,
    @Inject(RegistryStore) private readonly store: RegistryStore,
    @Inject(ClientEditor) private readonly editor: ClientEditor,
  ) {}

  /** Labels, ends and last uses; never a secret, nor its digest. */
  @Get()
  @Scopes('admin:read')
  async list(@Param({ schema: clientPath }) { id }: ClientPath): Promise<Page<object>> {
    return { items: await this.reader.secrets(id), next: null };
  }

  /** Makes a secret. The answer holds it, this once. */
  @Post()
  @Scopes('admin:write')
  async add(
    @Param({ schema: clientPath }) { id }: ClientPath,
    @Body({ schema: newSecretDocument }) document: NewSecret,
    @By() by: Actor,
  ): Promise<object> {
    const { id: made, label, secret, expires } = await this.store.addSecret(id, document, {}, by);
    return { id: made, label, ...(expires === undefined ? {} : { expires }), secret };
  }

  /** Ends a secret now, by its id or its label. Ids are used once: no version is needed. */
  @Delete(':secret')
  @HttpCode(204)
  @Scopes('admin:write')
  async remove(
    @Param({ schema: secretPath }) { id, secret }: SecretPath,
    @By() by: Actor,
  ): Promise<void> {
    await this.editor.removeSecret(id, secret, by);
  }
}
