import type { AccessRule, PublicRule } from '@countersign/token';

import { readAccessRule } from './read-access-rule.js';

/**
 * The rule of a route, as the guard obeys it: for what else is told about a route, such as its
 * OpenAPI description.
 *
 * @example
 * const rule = accessRuleOf(UsersController, UsersController.prototype.one);
 * @throws TypeError for a route without a usable rule.
 * @publicApi
 */
export function accessRuleOf(controller: object, handler: object): AccessRule {
  const declared = readAccessRule(controller, handler);
  if ('problem' in declared) throw new TypeError(declared.problem);
  return declared.rule;
}

/** What holds where nothing is declared, and an application starts all the same. @internal */
export const undeclaredRule: PublicRule = Object.freeze<PublicRule>({
  access: 'public',
  reason: 'nothing is declared yet; every call is reported',
});

/**
 * The same for an application that starts: a handler that declares nothing can then only be one that
 * `undeclared: 'report'` lets through.
 * @internal
 */
export function servedRuleOf(controller: object, handler: object): AccessRule {
  const declared = readAccessRule(controller, handler);
  if (!('problem' in declared)) return declared.rule;
  if (declared.isUndeclared === true) return undeclaredRule;
  throw new TypeError(declared.problem);
}
