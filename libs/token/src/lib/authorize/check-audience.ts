import type { Evidence } from './decision.js';
import { stepOf, type FailedStep, type PassedStep } from './step-of.js';

/**
 * Whether the token is meant for the audience a rule names, by its exact URI.
 *
 * A name that the service has no URI for matches nothing, whatever the token says.
 * @internal
 */
export function checkAudience(
  name: string,
  { principal, audiences }: Evidence,
): PassedStep | FailedStep {
  const uri = Object.hasOwn(audiences, name) ? audiences[name] : undefined;
  const isMeant = uri !== undefined && principal.audience.includes(uri);
  const expected = uri ?? `no URI is configured for the audience ${name}`;
  return stepOf('audience', isMeant, 'AUDIENCE_MISMATCH', expected, principal.audience);
}
