import type { CallersRequirement } from './access-rule.js';
import type { Evidence } from './decision.js';
import { stepOf, type FailedStep, type PassedStep } from './step-of.js';

/** Whether the caller has one of these names among us; one without a name has none. @internal */
export function checkCallers(
  { names }: CallersRequirement,
  { principal }: Evidence,
): PassedStep | FailedStep {
  const { id, issuer, name } = principal.caller;
  const isNamed = name !== undefined && names.includes(name);
  return stepOf('callers', isNamed, 'CALLER_FORBIDDEN', names, name ?? { issuer, id });
}
