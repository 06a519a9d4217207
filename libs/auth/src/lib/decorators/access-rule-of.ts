import type { AccessRule } from '@countersign/token';

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
