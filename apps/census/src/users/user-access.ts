import type { AccessRequest } from '@countersign/auth';
import type { PolicyOutcome } from '@countersign/token';

import type { MissLimit } from './miss-limit.js';
import { parseUserId } from './user-id.js';
import type { UserUris } from './user-uris.js';
import type { UsersRepository } from './users.repository.js';
import type { Actor, Person } from './who-may.js';

/** A question of `who-may.ts` about an actor and a target. */
export type Question = (actor: Actor | undefined, target: Person | undefined) => PolicyOutcome;

/** Answers the questions of `who-may.ts` for requests: finds the people, and counts who guesses. */
export class UserAccess {
  constructor(
    private readonly users: UsersRepository,
    private readonly uris: UserUris,
    private readonly misses: MissLimit,
  ) {}

  /**
   * Asks about the subject of a request and the user its path names in `param`, if it names one.
   * @throws ProblemException 429 for a subject that has guessed too often.
   */
  async ask(request: AccessRequest, question: Question, param?: string): Promise<PolicyOutcome> {
    this.misses.check(request);
    const actorId = request.subject && this.uris.idOf(request.subject.uri);
    const targetId = param === undefined ? undefined : parseUserId(request.params[param] ?? '');
    const people = await this.users.findPeople([actorId, targetId]);
    const outcome = question(people.get(actorId), people.get(targetId));
    if (!outcome.allowed && param !== undefined) await this.misses.count(request);
    return outcome;
  }
}
