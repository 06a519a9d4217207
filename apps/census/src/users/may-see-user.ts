import { allow, deny } from '@countersign/auth';
import type { PolicyOutcome } from '@countersign/token';

/** What visibility depends on. */
export interface Person {
  readonly id: number;
  readonly team: string;
}

/**
 * Who may see whom, in one place: everybody sees themselves and the members of their team.
 *
 * A user who does not exist sees nobody and is seen by nobody, so that a refusal never tells
 * whether the target exists.
 */
export function maySeeUser(viewer: Person | undefined, target: Person | undefined): PolicyOutcome {
  if (!viewer) return deny('unknown_subject');
  if (!target) return deny('not_visible');
  if (viewer.id === target.id || viewer.team === target.team) return allow();
  return deny('not_visible');
}
