/** Why the registry was not changed. */

/** One thing that is wrong with a document. */
export interface RegistryProblem {
  readonly path: readonly PropertyKey[];
  /** Public text; repeats no secret and no digest. */
  readonly message: string;
  /** Names of members that nobody knows (zod's issues of strict objects). */
  readonly keys?: readonly string[];
}

/** A document that cannot be written, with everything that is wrong with it. */
export class RegistryInvalid extends Error {
  override readonly name = 'RegistryInvalid';

  constructor(readonly problems: readonly RegistryProblem[]) {
    super(problems.map(describeProblem).join('; '));
  }
}

/** A problem as one line of text. */
export function describeProblem({ path, message }: RegistryProblem): string {
  return path.length === 0 ? message : `${path.join('.')}: ${message}`;
}

/** What a change met. */
export type ConflictReason =
  /** 412: somebody changed it since it was read. */
  | 'changed'
  /** 409: it was to be made, and is there already. */
  | 'exists'
  /** 404: it was to be changed or removed, and is not there. */
  | 'missing'
  /** 409: something else refers to it. */
  | 'in-use'
  /** 409: it belongs to this server. */
  | 'built-in'
  /** 409: nobody could administer this server any more. */
  | 'last-admin'
  /** 409: there are as many as there may be. */
  | 'too-many';

const statuses: Readonly<Record<ConflictReason, 404 | 409 | 412>> = {
  changed: 412,
  exists: 409,
  missing: 404,
  'in-use': 409,
  'built-in': 409,
  'last-admin': 409,
  'too-many': 409,
};

/** A change that does not fit what is there. */
export class RegistryConflict extends Error {
  override readonly name = 'RegistryConflict';
  readonly status: 404 | 409 | 412;

  constructor(
    readonly reason: ConflictReason,
    /** Public text. */
    message: string,
  ) {
    super(message);
    this.status = statuses[reason];
  }
}
