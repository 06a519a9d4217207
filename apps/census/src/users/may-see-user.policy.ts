import { Injectable } from '@nestjs/common';
import { deny, type AccessPolicy, type AccessRequest } from '@countersign/auth';
import type { PolicyOutcome } from '@countersign/token';

import { maySeeUser } from './may-see-user.js';
import { parseUserId } from './user-id.js';
import { UserUris } from './user-uris.js';
import { UsersRepository } from './users.repository.js';

/** Asks `maySeeUser` about the subject of the request and the user its path names. */
@Injectable()
export class MaySeeUser implements AccessPolicy<{ param: string }> {
  constructor(
    private readonly users: UsersRepository,
    private readonly uris: UserUris,
  ) {}

  /** @param options.param The route parameter that holds the user's number. */
  async evaluate(
    { subject, params }: AccessRequest,
    { param }: { param: string },
  ): Promise<PolicyOutcome> {
    const viewerId = subject && this.uris.idOf(subject.uri);
    if (viewerId === undefined) return deny('unknown_subject');
    const targetId = parseUserId(params[param] ?? '');
    if (targetId === undefined) return deny('not_visible');
    const people = await this.users.findPeople([viewerId, targetId]);
    return maySeeUser(people.get(viewerId), people.get(targetId));
  }
}
