import { refuse } from '../refuse.js';
import type { JsonObject, TrustedIssuer } from '../types.js';

/** A claim that must be a non-empty string; refuses others with CLAIM_INVALID. @internal */
export function requireText(claims: JsonObject, name: string, issuer: TrustedIssuer): string {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  if (typeof value === 'string' && value !== '') return value;
  return refuse('CLAIM_INVALID', {
    check: name,
    issuer: issuer.name,
    expected: `${name} as a non-empty string`,
    got: value === '' ? 'an empty string' : typeof value,
  });
}
