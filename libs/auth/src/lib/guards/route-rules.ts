import { Injectable } from '@nestjs/common';

import { tokenFactories } from '../decorators/principal.decorator.js';
import { readAccessRule, type DeclaredRule } from '../decorators/read-access-rule.js';
import { handlerTakes } from '../decorators/takes-parameter.js';
import { Policies } from './policies.js';

/** A rule, and what the guard has to know of the handler besides. @internal */
export interface RouteRule extends DeclaredRule {
  /** Whether the handler asks for the raw token. */
  readonly takesToken: boolean;
}

/** The rules of all routes, each built once. @internal */
@Injectable()
export class RouteRules {
  private readonly rules = new Map<object, Map<object, RouteRule>>();

  constructor(private readonly policies: Policies) {}

  /**
   * The rule of a route.
   * @throws TypeError when the route has none: the boot audit reports them all; the guard, for a
   * route the audit could not see, refuses.
   */
  of(controller: object, handler: object): RouteRule {
    const known = this.rules.get(controller)?.get(handler);
    if (known) return known;
    const declared = readAccessRule(controller, handler);
    if ('problem' in declared) throw new TypeError(declared.problem);
    declared.policies.forEach((policy) => this.policies.add(policy));
    const rule = { ...declared, takesToken: handlerTakes(controller, handler, tokenFactories) };
    const ofController = this.rules.get(controller) ?? new Map<object, RouteRule>();
    this.rules.set(controller, ofController.set(handler, rule));
    return rule;
  }
}
