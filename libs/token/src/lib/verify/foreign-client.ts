import { refuse } from '../refuse.js';
import type { JsonObject, TrustedIssuer } from '../types.js';
import type { TokenDialect } from '../trust/foreign/dialect.js';
import { requireText } from './require-text.js';

/**
 * The client id of a token in this dialect. Refuses with CLAIM_INVALID a token that names none, or
 * two that differ: which of them counts would be the choice of whoever made the token.
 * @internal
 */
export function foreignClient(
  claims: JsonObject,
  { clientClaims }: TokenDialect,
  issuer: TrustedIssuer,
): string {
  const present = clientClaims.filter((name) => claims[name] !== undefined);
  const [first = clientClaims[0] as string, ...others] = present;
  const clientId = requireText(claims, first, issuer);
  if (others.every((name) => claims[name] === clientId)) return clientId;
  return refuse('CLAIM_INVALID', {
    check: 'client_id',
    issuer: issuer.name,
    expected: `one client in ${present.join(', ')}`,
    got: 'several',
  });
}
