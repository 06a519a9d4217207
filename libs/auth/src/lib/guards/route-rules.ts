import { Injectable, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';

import type { AccessPolicy } from '../decorators/access-policy.js';
import { readAccessRule, type DeclaredRule } from '../decorators/read-access-rule.js';

/** The rules of all routes, each built once, and the policies they name. @internal */
@Injectable()
export class RouteRules {
  private readonly rules = new Map<object, Map<object, DeclaredRule>>();
  private readonly policies = new Map<string, AccessPolicy<never>>();
  private readonly policyClasses = new Map<string, Type<AccessPolicy<never>>>();

  constructor(private readonly moduleRef: ModuleRef) {}

  /**
   * The rule of a route.
   * @throws TypeError when the route has none: the boot audit reports them all; the guard, for a
   * route the audit could not see, refuses.
   */
  of(controller: object, handler: object): DeclaredRule {
    const known = this.rules.get(controller)?.get(handler);
    if (known) return known;
    const declared = readAccessRule(controller, handler);
    if ('problem' in declared) throw new TypeError(declared.problem);
    declared.policies.forEach((policy) => this.resolve(policy));
    const ofController = this.rules.get(controller) ?? new Map<object, DeclaredRule>();
    this.rules.set(controller, ofController.set(handler, declared));
    return declared;
  }

  /** The instance of a policy some rule names. */
  policy(name: string): AccessPolicy<never> {
    const policy = this.policies.get(name);
    if (!policy) throw new TypeError(`no policy named ${name}`);
    return policy;
  }

  private resolve(policy: Type<AccessPolicy<never>>): void {
    const known = this.policyClasses.get(policy.name);
    if (known === policy) return;
    // Rules name policies by class name, so that a rule is data.
    if (known) throw new TypeError(`two policies are named ${policy.name}: rename one`);
    let instance: AccessPolicy<never>;
    try {
      instance = this.moduleRef.get<AccessPolicy<never>>(policy, { strict: false });
    } catch (cause) {
      throw new TypeError(`policy ${policy.name} is not a provider of any module`, { cause });
    }
    this.policyClasses.set(policy.name, policy);
    this.policies.set(policy.name, instance);
  }
}
