import type { ScopesRequirement } from './access-rule.js';
import type { Evidence } from './decision.js';
import { stepOf, type FailedStep, type PassedStep } from './step-of.js';

/** Whether the token holds all, or any, of these scopes, each compared as a whole. @internal */
export function checkScopes(
  { match, scopes }: ScopesRequirement,
  evidence: Evidence,
): PassedStep | FailedStep {
  const { scopes: held } = evidence.principal;
  const holds = (scope: string) => held.includes(scope);
  const isEnough = match === 'all' ? scopes.every(holds) : scopes.some(holds);
  return stepOf('scopes', isEnough, 'SCOPE_MISSING', scopes, held);
}
