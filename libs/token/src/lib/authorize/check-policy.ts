import type { TraceStep } from '../trace.js';
import type { PolicyRequirement } from './access-rule.js';
import type { Evidence } from './decision.js';
import { policyKey } from './policy-key.js';
import { stepOf, type FailedStep, type PassedStep } from './step-of.js';

/** A policy whose outcome is not known yet. @internal */
export interface PendingStep extends TraceStep {
  readonly outcome: 'pending';
}

/** What is known of a policy's consent: `pending` until the evidence holds its outcome. @internal */
export function checkPolicy(
  requirement: PolicyRequirement,
  { policies }: Evidence,
): PassedStep | FailedStep | PendingStep {
  const check = `policy:${requirement.policy}`;
  const known = policies?.get(policyKey(requirement));
  if (known === undefined) return { check, outcome: 'pending' };
  const { allowed, reason = allowed ? 'allowed' : 'refused without a reason' } = known;
  // A policy written in JavaScript may answer anything: only `true` is consent.
  return stepOf(check, allowed === true, 'POLICY_REFUSED', 'allowed', reason);
}
