import { randomInt } from 'node:crypto';

import { Logger } from '@nestjs/common';
import { invalidBody, unprocessable } from '@countersign/runtime';
import type { Json } from '@countersign/token';
import type { Session } from '@countersign/storage';

import { ifMatch } from './entity-tag.js';
import { mergePatch } from './merge-patch.js';
import type { Asker } from './miss-limit.js';
import {
  changedMeanwhile,
  conditionRequired,
  forbiddenMembers,
  missingUser,
  takenAddress,
  unreadableCondition,
} from './problems.js';
import { replacement, type NewUser, type Replacement, type UserView } from './user-documents.js';
import type { UserUris } from './user-uris.js';
import { refusedOr, type Refused, type UsersRepository } from './users.repository.js';
import type { User } from './users.table.js';
import { membersToChange, visibleTo, type Actor, type Member } from './who-may.js';

/** A change of one user. */
export interface Change {
  readonly id: number | undefined;
  /** The request's `If-Match`. */
  readonly condition: string | undefined;
  readonly asker: Asker;
}

/** A page of users, and behind whom the next one begins. */
export interface Page {
  readonly users: readonly User[];
  readonly next: number | undefined;
}

// Random, so that nobody counts users or guesses their numbers, and never given twice.
const MAX_NEW_ID = 2 ** 48 - 1;
const ID_ATTEMPTS = 3;

/** Creates, lists and changes users, for askers whom the guard has let in. */
export class UsersService {
  private readonly logger = new Logger(UsersService.name);

  constructor(
    private readonly users: UsersRepository,
    private readonly uris: UserUris,
  ) {}

  /** A user as Census shows it to whoever may see them. */
  viewOf({ id, name, email, team, role }: User): UserView {
    return { uri: this.uris.of(id), name, email, team, role };
  }

  /** The user of this number. */
  async find(id: number | undefined): Promise<User | undefined> {
    return id === undefined ? undefined : this.users.find(id);
  }

  /** A page of those whom the asker sees, by number. */
  async list({ subject }: Asker, after: number, limit: number): Promise<Page> {
    const visible = visibleTo(await this.actorOf(subject));
    const found = await this.users.list(visible, after, limit + 1);
    const users = found.slice(0, limit);
    return { users, next: found.length > limit ? users.at(-1)?.id : undefined };
  }

  /**
   * Adds a user under a new number.
   * @throws ProblemException 409 when somebody has the address.
   */
  async create(document: NewUser, asker: Asker): Promise<User> {
    for (let attempt = 0; attempt < ID_ATTEMPTS; attempt++) {
      const written = await this.users.insert(randomInt(1, MAX_NEW_ID), document);
      if (written === 'id-taken') continue;
      return this.changed('user.created', written, asker);
    }
    throw new Error('No free number for a user was found');
  }

  /**
   * Replaces every member of a user.
   * @throws ProblemException 428, 412 or 400 for `If-Match`, 403 for members the asker may not
   * change, 404, 409 for an address that is taken, 422 for another user's `uri`.
   */
  replace(change: Change, document: Replacement): Promise<User> {
    return this.change(change, () => document);
  }

  /**
   * Changes a user by a JSON merge patch (RFC 7396) of what Census shows.
   * @throws ProblemException as `replace`; 422 also when the result is no user.
   */
  patch(change: Change, patch: Json): Promise<User> {
    return this.change(change, (current) => {
      const merged = replacement.safeParse(mergePatch(this.viewOf(current), patch));
      if (merged.success) return merged.data;
      throw invalidBody(merged.error.issues);
    });
  }

  /**
   * Removes a user.
   * @throws ProblemException 428, 412 or 400 for `If-Match`, 404.
   */
  async remove(change: Change): Promise<void> {
    const removed = await this.users.transaction(async (tx) => {
      const current = await this.current(tx, change);
      await this.users.delete(tx, current.id);
      return current;
    });
    this.changed('user.deleted', removed, change.asker);
  }

  private async change(change: Change, toDocument: (current: User) => Replacement): Promise<User> {
    const written = await refusedOr(() =>
      this.users.transaction(async (tx) => {
        const current = await this.current(tx, change);
        const { uri, ...members } = toDocument(current);
        if (uri !== undefined && uri !== this.uris.of(current.id))
          throw unprocessable('BODY_INVALID', [{ pointer: '/uri', detail: 'cannot be changed' }]);
        const differing = (Object.keys(members) as Member[]).filter(
          (member) => members[member] !== current[member],
        );
        if (differing.length === 0) return current;
        // Asked again, of what the transaction sees: the guard's answer may be of yesterday.
        const actor = await this.actorOf(change.asker.subject, tx);
        const allowed = membersToChange(actor, current);
        const forbidden = differing.filter((member) => !allowed.includes(member));
        if (forbidden.length > 0) throw forbiddenMembers(forbidden);
        return this.users.update(tx, current.id, members);
      }),
    );
    return this.changed('user.changed', written, change.asker);
  }

  /** The user to change, locked, if the condition holds. */
  private async current(tx: Session, { id, condition }: Change): Promise<User> {
    const current = id === undefined ? undefined : await this.users.lock(tx, id);
    if (!current) throw missingUser();
    if (condition === undefined) throw conditionRequired();
    const holds = ifMatch(condition, current.version);
    if (holds === undefined) throw unreadableCondition();
    if (!holds) throw changedMeanwhile();
    return current;
  }

  private async actorOf(subject: Asker['subject'], tx?: Session): Promise<Actor | undefined> {
    if (!subject) return 'service';
    const id = this.uris.idOf(subject.uri);
    return (await this.users.findPeople([id], tx)).get(id);
  }

  private changed(event: string, written: User | Refused, { caller, subject }: Asker): User {
    if (typeof written === 'string') throw takenAddress();
    this.logger.log({
      event,
      user: this.uris.of(written.id),
      version: written.version,
      caller: caller.name ?? caller.id,
      subject: subject?.uri,
    });
    return written;
  }
}
