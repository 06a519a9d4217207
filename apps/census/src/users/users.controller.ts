import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Put,
  Query,
  Res,
  StandardSchemaValidationPipe,
  UseGuards,
} from '@nestjs/common';
import {
  Access,
  allOf,
  anyOf,
  Audience,
  onBehalfOf,
  Principal,
  scopes,
  serviceOnly,
} from '@countersign/auth';
import { invalidBody, invalidQuery } from '@countersign/runtime';
import type { Json } from '@countersign/token';

import { describes } from './describes.js';
import { entityTag, ifNoneMatch } from './entity-tag.js';
import { IsUser } from './is-user.policy.js';
import { cursorAfter } from './list-cursor.js';
import { MayAdministerUsers } from './may-administer-users.policy.js';
import { MayChangeUser } from './may-change-user.policy.js';
import { MaySeeUser } from './may-see-user.policy.js';
import { MediaType } from './media-type.guard.js';
import { MissLimit, type Asker } from './miss-limit.js';
import { missingUser } from './problems.js';
import {
  listQuery,
  newUser,
  replacement,
  type ListQuery,
  type NewUser,
  type Replacement,
  type UserPage,
  type UserView,
} from './user-documents.js';
import { parseUserId } from './user-id.js';
import { UserUris } from './user-uris.js';
import { UsersService } from './users.service.js';
import type { User } from './users.table.js';

/** What a handler needs of the adapter's response. */
interface Reply {
  code(status: number): Reply;
  header(name: string, value: string): Reply;
}

const body = (schema: typeof newUser | typeof replacement) => ({
  schema,
  pipes: [new StandardSchemaValidationPipe({ exceptionFactory: invalidBody })],
});
const query = {
  schema: listQuery,
  pipes: [new StandardSchemaValidationPipe({ exceptionFactory: invalidQuery })],
};

/** A user with one scope, or a service of its own right with another. */
const byUser = scopes('users:read');
const byService = allOf(scopes('users:read:any'), serviceOnly());
const writeByUser = scopes('users:write');
const writeByService = allOf(scopes('users:write:any'), serviceOnly());
const target = { param: 'id' };

/**
 * The people Census knows, each under its URI. Scopes say what a caller may ask for; whom it is
 * told about, `who-may.ts` says, by way of the policies.
 */
@Controller('user')
@Audience('census')
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly uris: UserUris,
    private readonly misses: MissLimit,
  ) {}

  /** A page of the users whom the asker sees: everybody, or the own team. */
  @Get()
  @Access(anyOf(allOf(byUser, onBehalfOf(IsUser)), byService))
  @describes.list
  async list(
    @Query(query) { limit, cursor = 0 }: ListQuery,
    @Principal() asker: Asker,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<UserPage> {
    const page = await this.users.list(asker, cursor, limit);
    const users = page.users.map((user) => this.users.viewOf(user));
    forAskerOnly(reply);
    if (page.next === undefined) return { users };
    const next = `${this.uris.prefix}?limit=${limit}&cursor=${cursorAfter(page.next)}`;
    reply.header('Link', `<${next}>; rel="next"`);
    return { users, next };
  }

  /**
   * One user: to a subject who may see that user, or to a service that may see everybody; 304 for
   * whoever has this version already.
   * @throws ProblemException 404 only to those who may see everybody: others are refused alike for
   * a user they may not see and for one who does not exist. 429 to a service that guesses.
   */
  @Get(':id')
  @Access(anyOf(allOf(byUser, onBehalfOf(MaySeeUser, target)), byService))
  @describes.one
  async one(
    @Param('id') id: string,
    @Headers('if-none-match') known: string | undefined,
    @Principal() asker: Asker,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<UserView | undefined> {
    this.misses.check(asker);
    const user = await this.users.find(parseUserId(id));
    if (!user) {
      await this.misses.count(asker);
      throw missingUser();
    }
    if (!ifNoneMatch(known, user.version)) return this.show(user, reply);
    forAskerOnly(reply).header('ETag', entityTag(user.version)).code(304);
    return undefined;
  }

  /** Adds a user; for administrators and services. */
  @Post()
  @Access(anyOf(allOf(writeByUser, onBehalfOf(MayAdministerUsers)), writeByService))
  @UseGuards(MediaType('application/json'))
  @describes.create
  async create(
    @Body(body(newUser)) document: NewUser,
    @Principal() asker: Asker,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<UserView> {
    const user = await this.users.create(document, asker);
    reply.header('Location', this.uris.of(user.id));
    return this.show(user, reply);
  }

  /** Replaces a user whom the asker has read: `If-Match` holds the ETag. */
  @Put(':id')
  @Access(anyOf(allOf(writeByUser, onBehalfOf(MayChangeUser, target)), writeByService))
  @UseGuards(MediaType('application/json'))
  @describes.replace
  async replace(
    @Param('id') id: string,
    @Headers('if-match') condition: string | undefined,
    @Body(body(replacement)) document: Replacement,
    @Principal() asker: Asker,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<UserView> {
    const change = { id: parseUserId(id), condition, asker };
    return this.show(await this.users.replace(change, document), reply);
  }

  /** Changes some members of a user, by a JSON merge patch (RFC 7396). */
  @Patch(':id')
  @Access(anyOf(allOf(writeByUser, onBehalfOf(MayChangeUser, target)), writeByService))
  @UseGuards(MediaType('application/merge-patch+json'))
  @describes.patch
  async patch(
    @Param('id') id: string,
    @Headers('if-match') condition: string | undefined,
    @Body() patch: Json,
    @Principal() asker: Asker,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<UserView> {
    const change = { id: parseUserId(id), condition, asker };
    return this.show(await this.users.patch(change, patch), reply);
  }

  /** Removes a user; for administrators and services. */
  @Delete(':id')
  @HttpCode(204)
  @Access(anyOf(allOf(writeByUser, onBehalfOf(MayAdministerUsers)), writeByService))
  @describes.remove
  remove(
    @Param('id') id: string,
    @Headers('if-match') condition: string | undefined,
    @Principal() asker: Asker,
  ): Promise<void> {
    return this.users.remove({ id: parseUserId(id), condition, asker });
  }

  private show(user: User, reply: Reply): UserView {
    forAskerOnly(reply).header('ETag', entityTag(user.version));
    return this.users.viewOf(user);
  }
}

/** Whoever asks may keep the answer, and asks again whether it still holds; nobody in between may. */
const forAskerOnly = (reply: Reply): Reply =>
  reply.header('Cache-Control', 'private, no-cache').header('Vary', 'Authorization, JWT');
