/**
 * The second half of the arrow: rule, decision, principal. One guard for every route.
 * Must not know carriers, keys or claims.
 */
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import {
  AccessError,
  decide,
  policyKey,
  type Decision,
  type PolicyOutcome,
  type PolicyRequirement,
  type Principal,
  type ProtectedRule,
} from '@countersign/token';

import { DecisionLog } from '../audit/decision-log.js';
import { RESOLVED_OPTIONS } from '../constants.js';
import { httpRequestOf, readHttpRequest } from '../context/http-request.js';
import { setPrincipal } from '../context/principal.js';
import type { ResolvedOptions } from '../countersign.options.js';
import { JwksStrategy, runStrategy } from '../strategies/jwks.strategy.js';
import { AccessException } from './access.exception.js';
import { RouteRules } from './route-rules.js';
import { suggestFix } from './suggest-fix.js';

/**
 * Authenticates and authorizes every HTTP request by the rule of its route; closed by default.
 *
 * Refusals are logged with a decision id and thrown as `AccessException`. Anything unexpected (a
 * throwing policy, a route without a rule, another transport) is thrown as it is: an error, never
 * an open door.
 * @publicApi
 */
@Injectable()
export class CountersignGuard implements CanActivate {
  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    private readonly strategy: JwksStrategy,
    private readonly rules: RouteRules,
    private readonly log: DecisionLog,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (context.getType() !== 'http')
      throw new TypeError(`Countersign guards HTTP only, not ${context.getType<string>()}`);
    const { rule } = this.rules.of(context.getClass(), context.getHandler());
    return rule.access === 'public' || this.admit(context, rule);
  }

  private async admit(context: ExecutionContext, rule: ProtectedRule): Promise<true> {
    const request = httpRequestOf(context);
    let principal: Principal | undefined;
    try {
      principal = await runStrategy(this.strategy, request);
      await this.authorize(rule, principal, request);
    } catch (error) {
      if (!(error instanceof AccessError)) throw error;
      const decision = this.log.refused({ error, context, rule, principal });
      throw new AccessException(error, decision);
    }
    setPrincipal(request, principal);
    this.log.granted({ context, rule, principal });
    return true;
  }

  private async authorize(
    rule: ProtectedRule,
    principal: Principal,
    request: object,
  ): Promise<void> {
    const { audiences } = this.options;
    const policies = new Map<string, PolicyOutcome>();
    let decision: Decision = decide(rule, { principal, audiences });
    while (decision.outcome === 'pending') {
      for (const policy of decision.policies)
        policies.set(policyKey(policy), await this.evaluate(policy, principal, request));
      decision = decide(rule, { principal, audiences, policies });
    }
    if (decision.outcome === 'refused') throw refusal(decision);
  }

  private async evaluate(
    { policy, options }: PolicyRequirement,
    principal: Principal,
    request: object,
  ): Promise<PolicyOutcome> {
    const { params, method, path } = readHttpRequest(request);
    const { caller, subject } = principal;
    return this.rules
      .policy(policy)
      .evaluate({ principal, caller, subject, params, method, path }, options as never);
  }
}

function refusal({ code, check, expected, got }: Extract<Decision, { outcome: 'refused' }>) {
  const fix = suggestFix(code);
  return new AccessError(code, {
    detail: {
      check,
      ...(expected !== undefined && { expected }),
      ...(got !== undefined && { got }),
      ...(fix !== undefined && { fix }),
    },
  });
}
