import { createHash } from 'node:crypto';

/**
 * The `x5t#S256` of a certificate (RFC 8705 section 3.1): base64url of the SHA-256 of its DER bytes.
 * @publicApi
 */
export function certificateThumbprint(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('base64url');
}
