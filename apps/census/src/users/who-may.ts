/**
 * Who may see or change whom, all of it in this one place. Pure: knows no request and no table.
 *
 * | Who asks                    | sees              | changes                          | creates, deletes |
 * | --------------------------- | ----------------- | -------------------------------- | ---------------- |
 * | a member                    | self, own team    | self: `name`, `email`            | nobody           |
 * | an administrator            | everybody         | everybody, every member          | everybody        |
 * | a service of its own right  | everybody         | everybody, every member          | everybody        |
 * | a user who does not exist   | nobody            | nobody                           | nobody           |
 *
 * Scopes come before: they say what a caller may ask for at all (see the controller). `team` and
 * `role` decide what one may see and change, so nobody sets their own.
 */
import { allow, deny } from '@countersign/auth';
import type { PolicyOutcome } from '@countersign/token';

import type { Role } from './users.table.js';

/** What visibility depends on. */
export interface Person {
  readonly id: number;
  readonly team: string;
  readonly role: Role;
}

/** Who asks: a user, or a service that its scopes let act in its own right. */
export type Actor = Person | 'service';

/** Members of a user that can be changed. */
export type Member = 'name' | 'email' | 'team' | 'role';

/** Whom somebody sees: everybody, one team, or nobody. */
export type Visible = 'everybody' | 'nobody' | { readonly team: string };

const EVERY_MEMBER: readonly Member[] = ['name', 'email', 'team', 'role'];
const OWN_MEMBERS: readonly Member[] = ['name', 'email'];

const administers = (actor: Actor): boolean =>
  actor === 'service' || actor.role === 'administrator';

/**
 * Whether the actor may see the target. Who may not see everybody is refused alike for a user of
 * another team and for one who does not exist, so that a refusal never tells which it was.
 */
export function maySee(actor: Actor | undefined, target: Person | undefined): PolicyOutcome {
  if (actor === undefined) return deny('unknown_subject');
  if (actor === 'service' || administers(actor)) return allow();
  if (!target) return deny('not_visible');
  return actor.id === target.id || actor.team === target.team ? allow() : deny('not_visible');
}

/** Whether the actor may change anything of the target; what, `membersToChange` says. */
export function mayChange(actor: Actor | undefined, target: Person | undefined): PolicyOutcome {
  const seen = maySee(actor, target);
  if (!seen.allowed || actor === undefined || administers(actor)) return seen;
  return membersToChange(actor, target).length > 0 ? allow() : deny('not_changeable');
}

/** Whether the actor may create and delete users. */
export function mayAdminister(actor: Actor | undefined): PolicyOutcome {
  if (actor === undefined) return deny('unknown_subject');
  return administers(actor) ? allow() : deny('not_administrator');
}

/** The members of the target that the actor may change. */
export function membersToChange(
  actor: Actor | undefined,
  target: Person | undefined,
): readonly Member[] {
  if (actor === undefined || !target) return [];
  if (actor === 'service' || administers(actor)) return EVERY_MEMBER;
  return actor.id === target.id ? OWN_MEMBERS : [];
}

/** Whom the actor sees in a list: those whom `maySee` allows. */
export function visibleTo(actor: Actor | undefined): Visible {
  if (actor === undefined) return 'nobody';
  return actor === 'service' || administers(actor) ? 'everybody' : { team: actor.team };
}
