import type { AccessErrorCode } from '@countersign/token';

const fixes: Partial<Record<AccessErrorCode, string>> = {
  AUDIENCE_MISMATCH: 'ask the issuer for a token with the expected audience',
  CALLER_FORBIDDEN: 'call as an expected caller, or add this one to the rule of the route',
  PRINCIPAL_KIND_FORBIDDEN:
    'ask for a token on behalf of a user, or of the service alone, as the rule expects',
  SCOPE_MISSING: 'grant the caller an expected scope for this audience, and ask for it',
  POLICY_REFUSED: 'act for a subject whom this policy allows it; its reason stands under got',
};

/**
 * What would make a request pass that a rule refused with this code, if there is a general answer.
 * @internal
 */
export const suggestFix = (code: AccessErrorCode): string | undefined => fixes[code];
