import { Controller, Get, Header, NotFoundException, Param } from '@nestjs/common';
import { Access, allOf, anyOf, Audience, onBehalfOf, scopes, serviceOnly } from '@countersign/auth';

import { MaySeeUser } from './may-see-user.policy.js';
import { parseUserId } from './user-id.js';
import { UserUris } from './user-uris.js';
import { UsersRepository } from './users.repository.js';

/** A user as Census shows it. */
export interface UserView {
  readonly uri: string;
  readonly name: string;
  readonly email: string;
}

/** The people Census knows, each under its URI. */
@Controller('user')
@Audience('census')
export class UsersController {
  constructor(
    private readonly users: UsersRepository,
    private readonly uris: UserUris,
  ) {}

  /**
   * One user: to a subject who may see that user, or to a service that may see everybody.
   * @throws NotFoundException only to the service; a subject is refused alike for a user it may
   * not see and for one who does not exist.
   */
  @Get(':id')
  @Access(
    anyOf(
      allOf(scopes('users:read'), onBehalfOf(MaySeeUser, { param: 'id' })),
      allOf(scopes('users:read:any'), serviceOnly()),
    ),
  )
  @Header('Cache-Control', 'no-store')
  async one(@Param('id') text: string): Promise<UserView> {
    const id = parseUserId(text);
    const user = id === undefined ? undefined : await this.users.find(id);
    if (!user) throw new NotFoundException('There is no such user');
    return { uri: this.uris.of(user.id), name: user.name, email: user.email };
  }
}
