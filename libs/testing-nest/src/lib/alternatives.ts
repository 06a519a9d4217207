import type { ProtectedRule, Requirement } from '@countersign/token';

/** One way to satisfy a rule: all of this together. @internal */
export interface Alternative {
  /** Undefined where any caller will do. */
  readonly callers: readonly string[] | undefined;
  readonly subject: 'user' | 'none' | undefined;
  readonly scopes: readonly string[];
  /** Of each of these lists one. */
  readonly oneOf: readonly (readonly string[])[];
  readonly asksPolicy: boolean;
}

const anybody: Alternative = {
  callers: undefined,
  subject: undefined,
  scopes: [],
  oneOf: [],
  asksPolicy: false,
};

/** Every way to satisfy a rule; ways that contradict themselves are left out. @internal */
export function alternativesOf({ require }: ProtectedRule): readonly Alternative[] {
  return together(require);
}

function together(requirements: readonly Requirement[]): readonly Alternative[] {
  return requirements.reduce<readonly Alternative[]>(
    (ways, requirement) =>
      ways.flatMap((way) => waysOf(requirement).flatMap((other) => both(way, other) ?? [])),
    [anybody],
  );
}

function waysOf(requirement: Requirement): readonly Alternative[] {
  switch (requirement.kind) {
    case 'callers':
      return [{ ...anybody, callers: requirement.names }];
    case 'subject':
      return [{ ...anybody, subject: requirement.subject }];
    case 'scopes':
      return [
        requirement.match === 'all'
          ? { ...anybody, scopes: requirement.scopes }
          : { ...anybody, oneOf: [requirement.scopes] },
      ];
    case 'policy':
      return [{ ...anybody, asksPolicy: true }];
    case 'allOf':
      return together(requirement.of);
    case 'anyOf':
      return requirement.of.flatMap(waysOf);
  }
}

function both(one: Alternative, other: Alternative): Alternative | undefined {
  const subject = one.subject ?? other.subject;
  if (other.subject !== undefined && other.subject !== subject) return undefined;
  const callers = one.callers?.filter((name) => other.callers?.includes(name) ?? true);
  return {
    callers: callers ?? other.callers,
    subject,
    scopes: [...new Set([...one.scopes, ...other.scopes])],
    oneOf: [...one.oneOf, ...other.oneOf],
    asksPolicy: one.asksPolicy || other.asksPolicy,
  };
}
