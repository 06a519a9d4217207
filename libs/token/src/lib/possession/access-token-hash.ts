import { createHash } from 'node:crypto';

/**
 * The `ath` of a proof (RFC 9449 section 4.2): base64url of the SHA-256 of the access token, exactly
 * as it stands in the request.
 * @publicApi
 */
export function accessTokenHash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
