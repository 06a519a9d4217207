import { createHash } from 'node:crypto';

/**
 * The `bdy` claim of a token for this content: base64url of the SHA-256 of its bytes, as they are
 * sent. Of a request without content, that of no bytes.
 *
 * @example
 * bodyDigest(Buffer.from(JSON.stringify(event)));
 * @publicApi
 */
export function bodyDigest(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('base64url');
}
