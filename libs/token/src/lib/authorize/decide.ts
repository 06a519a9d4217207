/**
 * Last arrow: a rule and some evidence -> Decision. Pure and synchronous; knows no request, no
 * framework, and how to evaluate a policy least of all.
 */
import type { TraceStep } from '../trace.js';
import type { PolicyRequirement, ProtectedRule } from './access-rule.js';
import { checkAudience } from './check-audience.js';
import type { Decision, Evidence } from './decision.js';
import { evaluateAll } from './evaluate.js';
import { policyKey } from './policy-key.js';
import type { FailedStep } from './step-of.js';

/**
 * Decides whether a protected rule lets the principal of this evidence pass, with a trace.
 *
 * Looked at in this order inside every AND, whatever the order of declaration: audience
 * (AUDIENCE_MISMATCH), callers (CALLER_FORBIDDEN), kind of principal (PRINCIPAL_KIND_FORBIDDEN),
 * scopes (SCOPE_MISSING), combined requirements, policies (POLICY_REFUSED). The first failure
 * refuses. Policies are asked for only when all the rest of their AND has passed: the answer is then
 * `pending`, and whoever asked evaluates them and asks again with their outcomes. Of alternatives
 * one is enough; if all fail, the code is that of the one that got furthest. Never throws for a
 * refusal; a requirement of a kind it does not know is a `TypeError`.
 *
 * @example
 * const decision = decide(rule, { principal, audiences: { census: 'https://census.example/' } });
 * @publicApi
 */
export function decide(rule: ProtectedRule, evidence: Evidence): Decision {
  const known = trustSteps(evidence);
  const audience = checkAudience(rule.audience, evidence);
  if (audience.outcome === 'failed') return refusedBy(audience, [...known, audience]);
  const { outcome, steps, failure, policies } = evaluateAll(rule.require, evidence);
  const trace = [...known, audience, ...steps];
  if (failure !== undefined) return refusedBy(failure, trace);
  return outcome === 'pending'
    ? { outcome: 'pending', trace, policies: withoutRepetition(policies) }
    : { outcome: 'allowed', trace };
}

const nothing: readonly TraceStep[] = [];

/** No check is given up for an issuer without the trace saying so. */
function trustSteps({ principal: { relaxed } }: Evidence): readonly TraceStep[] {
  return relaxed === undefined
    ? nothing
    : [{ check: 'trust', outcome: 'passed', got: { relaxed } }];
}

/** A policy that a rule names twice is evaluated once. */
function withoutRepetition(policies: readonly PolicyRequirement[]): readonly PolicyRequirement[] {
  return [...new Map(policies.map((policy) => [policyKey(policy), policy])).values()];
}

function refusedBy(
  { code, check, expected, got }: FailedStep,
  trace: readonly TraceStep[],
): Decision {
  return { outcome: 'refused', trace, code, check, expected, got };
}
