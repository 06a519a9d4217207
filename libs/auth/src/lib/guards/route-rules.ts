import { Injectable } from '@nestjs/common';

import { undeclaredRule } from '../decorators/access-rule-of.js';
import { tokenFactories } from '../decorators/principal.decorator.js';
import { readAccessRule, type DeclaredRule } from '../decorators/read-access-rule.js';
import { handlerTakes } from '../decorators/takes-parameter.js';
import { Policies } from './policies.js';

/** A rule, and what the guard has to know of the handler besides. @internal */
export interface RouteRule extends DeclaredRule {
  /** Whether the handler asks for the raw token. */
  readonly takesToken: boolean;
  /** Whether it has no rule, and calls to it are let through and reported for the time being. */
  readonly isUndeclared: boolean;
}

/** A handler says nothing of who may call it. @internal */
export class UndeclaredError extends TypeError {}

const undeclared: RouteRule = Object.freeze<RouteRule>({
  rule: undeclaredRule,
  policies: [],
  takesToken: false,
  isUndeclared: true,
});

/** The rules of all routes, each built once. @internal */
@Injectable()
export class RouteRules {
  private readonly rules = new Map<object, Map<object, RouteRule>>();

  constructor(private readonly policies: Policies) {}

  /**
   * The rule of a route.
   * @throws TypeError when the route has none: the boot audit reports them all; the guard, for a
   * route the audit could not see, refuses. UndeclaredError where nothing is declared.
   */
  of(controller: object, handler: object): RouteRule {
    const known = this.rules.get(controller)?.get(handler);
    if (known) return known;
    const declared = readAccessRule(controller, handler);
    if ('problem' in declared)
      throw new (declared.isUndeclared ? UndeclaredError : TypeError)(declared.problem);
    declared.policies.forEach((policy) => this.policies.add(policy));
    const takesToken = handlerTakes(controller, handler, tokenFactories);
    return this.keep(controller, handler, { ...declared, takesToken, isUndeclared: false });
  }

  /** Has a handler without a rule let through, and its calls reported. */
  letThrough(controller: object, handler: object): void {
    this.keep(controller, handler, undeclared);
  }

  private keep(controller: object, handler: object, rule: RouteRule): RouteRule {
    const ofController = this.rules.get(controller) ?? new Map<object, RouteRule>();
    this.rules.set(controller, ofController.set(handler, rule));
    return rule;
  }
}
