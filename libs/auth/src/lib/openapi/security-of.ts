import type { AccessRule, ProtectedRule, Requirement } from '@countersign/token';

/** One alternative of an operation's security: schemes that are needed together, with scopes. @publicApi */
export type SecurityAlternative = Readonly<Record<string, string[]>>;

/** Names of schemes -> the scopes that their tokens may hold. @publicApi */
export type Ways = Readonly<Record<string, 'any' | readonly string[]>>;

/**
 * What OpenAPI can say of an access rule: the alternatives of scopes, under each scheme whose tokens
 * may hold them; none for a public route, and last the empty one where calls without credentials are let
 * in. Requirements that are no scopes stay with the guard.
 * @publicApi
 */
export function securityOf(rule: AccessRule, ways: Ways): SecurityAlternative[] {
  if (rule.access === 'public') return [];
  const needed = neededBy(rule, ways);
  return rule.optional === true ? [...needed, {}] : needed;
}

/** What calls with credentials need. @internal */
export function neededBy({ require }: ProtectedRule, ways: Ways): SecurityAlternative[] {
  const alternatives = all(require).map((scopes) => [...new Set(scopes)]);
  return Object.entries(ways).flatMap(([name, held]) =>
    alternatives
      .filter((scopes) => held === 'any' || scopes.every((scope) => held.includes(scope)))
      .map((scopes) => ({ [name]: scopes })),
  );
}

/** The ways to meet a requirement, as far as scopes go. */
function waysOf(requirement: Requirement): string[][] {
  switch (requirement.kind) {
    case 'scopes':
      return requirement.match === 'all'
        ? [[...requirement.scopes]]
        : requirement.scopes.map((scope) => [scope]);
    case 'allOf':
      return all(requirement.of);
    case 'anyOf':
      return requirement.of.flatMap(waysOf);
    default:
      return [[]];
  }
}

const all = (requirements: readonly Requirement[]): string[][] =>
  requirements
    .map(waysOf)
    .reduce((left, right) => left.flatMap((one) => right.map((other) => [...one, ...other])), [[]]);
