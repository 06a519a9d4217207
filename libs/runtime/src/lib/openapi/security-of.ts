import type { AccessRule, Requirement } from '@countersign/token';

import type { OpenApiOptions } from './openapi-options.js';

/** One alternative of an operation's security: a scheme with the scopes it needs. @internal */
export type SecurityAlternative = Readonly<Record<string, string[]>>;

/**
 * What OpenAPI can say of an access rule: the alternatives of scopes, under each scheme whose tokens
 * may hold them; none for a public route, and `{}` as the last where a token is optional. Requirements
 * that are no scopes stay with the guard.
 * @internal
 */
export function securityOf(
  rule: AccessRule,
  schemes: OpenApiOptions['schemes'],
): SecurityAlternative[] {
  if (rule.access === 'public') return [];
  const alternatives = all(rule.require).map((scopes) => [...new Set(scopes)]);
  const secured = Object.entries(schemes).flatMap(([name, scheme]) =>
    alternatives
      .filter((scopes) => scopes.every((scope) => Object.hasOwn(scheme.scopes, scope)))
      .map((scopes) => ({ [name]: scopes })),
  );
  return rule.optional === true ? [...secured, {}] : secured;
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
