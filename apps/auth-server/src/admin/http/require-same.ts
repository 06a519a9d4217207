import { invalidMembers } from './admin-validation.pipe.js';

/** Refuses (400) a document that names something else than the address it was sent to. */
export function requireSame(member: string, inBody: string, inPath: string): void {
  if (inBody === inPath) return;
  throw invalidMembers([{ pointer: `/${member}`, detail: 'must be what the address names' }]);
}
