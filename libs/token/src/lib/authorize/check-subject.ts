import type { SubjectRequirement } from './access-rule.js';
import type { Evidence } from './decision.js';
import { stepOf, type FailedStep, type PassedStep } from './step-of.js';

/** Whether a user is present, or absent, as required. @internal */
export function checkSubject(
  { subject }: SubjectRequirement,
  { principal }: Evidence,
): PassedStep | FailedStep {
  const got = principal.subject === undefined ? 'none' : 'user';
  return stepOf('subject', got === subject, 'PRINCIPAL_KIND_FORBIDDEN', subject, got);
}
