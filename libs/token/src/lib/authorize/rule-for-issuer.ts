import type { TrustedIssuer } from '../types.js';
import type { ProtectedRule } from './access-rule.js';

/**
 * What a route demands of the tokens of this issuer: what its rule says, and what the issuer's trust
 * entry says of all its tokens. Only ever narrower than the rule; the very rule if nothing is added.
 * @publicApi
 */
export function ruleForIssuer(
  rule: ProtectedRule,
  { bound, singleUse }: Pick<TrustedIssuer, 'bound' | 'singleUse'>,
): ProtectedRule {
  const isMoreBound = bound !== undefined && bound !== rule.bound && rule.bound !== 'request';
  const isMoreOften = singleUse === true && rule.singleUse !== true;
  if (!isMoreBound && !isMoreOften) return rule;
  return {
    ...rule,
    ...(isMoreBound && { bound }),
    ...(isMoreOften && { singleUse: true }),
  };
}
