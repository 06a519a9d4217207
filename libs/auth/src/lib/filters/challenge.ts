import { isScopeToken, type AccessError } from '@countersign/token';

/**
 * The `WWW-Authenticate` value of a refusal (RFC 6750 section 3), or `undefined` where the contract
 * has none. Without credentials it names only the realm; every text in it is fixed or from the rule.
 * @internal
 */
export function challengeOf(error: AccessError, realm: string): string | undefined {
  if (error.status === 503 || (error.status !== 401 && !error.error)) return undefined;
  const parameters = [`realm="${realm}"`];
  if (error.error)
    parameters.push(`error="${error.error}"`, `error_description="${error.message}"`);
  const scope = error.code === 'SCOPE_MISSING' ? requiredScopes(error.detail.expected) : '';
  if (scope) parameters.push(`scope="${scope}"`);
  return `Bearer ${parameters.join(', ')}`;
}

function requiredScopes(expected: unknown): string {
  return Array.isArray(expected) ? expected.filter(isScopeToken).join(' ') : '';
}
