import { refuse } from '../refuse.js';
import type { JsonObject, TrustedIssuer } from '../types.js';

/**
 * Whether the claims are those of an access token in the dialect of a server that is not ours: its
 * other tokens (ID tokens, refresh tokens) often have the same header and the same keys.
 *
 * Refuses others with TYPE_MISMATCH.
 * @internal
 */
export function checkDialect(claims: JsonObject, issuer: TrustedIssuer): void {
  const dialect = issuer.foreign?.dialect;
  if (dialect === undefined || dialect.isAccessToken(claims, issuer.issuer)) return;
  refuse('TYPE_MISMATCH', {
    check: 'type',
    issuer: issuer.name,
    expected: `the claims of an access token of ${dialect.name}`,
    got: 'the claims of another token, or of another tenant',
    fix: 'send the access token, and not the ID or refresh token that came with it',
  });
}
