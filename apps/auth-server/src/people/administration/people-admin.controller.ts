import {
  Body,
  Delete,
  Get,
  Headers,
  HttpCode,
  Inject,
  Param,
  Post,
  Put,
  Query,
  Res,
} from '@nestjs/common';
import { Scopes } from '@countersign/auth';
import type { z } from 'zod';

import { By } from '../../admin/actor.js';
import { AdminController } from '../../admin/admin-controller.decorator.js';
import { pageOf, pageQuery, pageRequest, type Page } from '../../admin/http/paging.js';
import { requireVersion, type ConditionalHeaders } from '../../admin/http/preconditions.js';
import { withVersion, type Reply } from '../../admin/http/reply.js';
import type { Actor } from '../../registry/registry-store.js';
import type { Account } from '../accounts/account.js';
import { AccountStore, missing } from '../accounts/account-store.js';
import { PersonChanges } from '../accounts/person-changes.js';
import {
  newPersonDocument,
  personDocument,
  personPath,
  showPerson,
  type NewPerson,
  type PersonDocument,
  type PersonPath,
} from './person-documents.js';

/** `/admin/people`: who can log in, and who may not any more. */
@AdminController('people')
export class PeopleAdminController {
  constructor(
    @Inject(AccountStore) private readonly accounts: AccountStore,
    @Inject(PersonChanges) private readonly changes: PersonChanges,
  ) {}

  /** Every person, in the order of their addresses. */
  @Get()
  @Scopes('admin:read')
  async list(
    @Query({ schema: pageQuery }) query: z.output<typeof pageQuery>,
  ): Promise<Page<object>> {
    const { after, limit } = pageRequest(query);
    const found = await this.accounts.list(after, limit + 1);
    const { items, next } = pageOf(found, limit, ({ email }) => email);
    return { items: items.map(showPerson), next };
  }

  /** One person, with the version as `ETag`. */
  @Get(':id')
  @Scopes('admin:read')
  async one(
    @Param({ schema: personPath }) { id }: PersonPath,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<object> {
    return shown(reply, (await this.accounts.find(id)) ?? missing());
  }

  /** Makes an account, and has an invitation sent to its address. */
  @Post()
  @Scopes('admin:write')
  async add(
    @Body({ schema: newPersonDocument }) { user, email, name }: NewPerson,
    @By() by: Actor,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<object> {
    const account = await this.changes.add({ user, email, name }, by);
    reply.header('location', `/admin/people/${account.id}`);
    return shown(reply, account, true);
  }

  /** Replaces address, name and whether somebody may log in (`If-Match`). */
  @Put(':id')
  @Scopes('admin:write')
  async put(
    @Param({ schema: personPath }) { id }: PersonPath,
    @Body({ schema: personDocument }) { email, name, disabled }: PersonDocument,
    @Headers() headers: ConditionalHeaders,
    @By() by: Actor,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<object> {
    const ifVersion = requireVersion(headers['if-match']);
    return shown(reply, await this.changes.change(id, { email, name, disabled }, ifVersion, by));
  }

  /** Sends another invitation; the one before is good no more. */
  @Post(':id/invitation')
  @HttpCode(202)
  @Scopes('admin:write')
  async invite(
    @Param({ schema: personPath }) { id }: PersonPath,
    @By() by: Actor,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<object> {
    return shown(reply, await this.changes.invite(id, by));
  }

  /** Removes an account, and logs the person out everywhere (`If-Match`). */
  @Delete(':id')
  @HttpCode(204)
  @Scopes('admin:write')
  async remove(
    @Param({ schema: personPath }) { id }: PersonPath,
    @Headers('if-match') ifMatch: string | undefined,
    @By() by: Actor,
  ): Promise<void> {
    await this.changes.remove(id, requireVersion(ifMatch), by);
  }
}

function shown(reply: Reply, account: Account, isNew = false): object {
  return withVersion(reply, { body: showPerson(account), version: account.version }, isNew);
}
