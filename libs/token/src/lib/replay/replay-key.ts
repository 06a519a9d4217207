import { createHash } from 'node:crypto';

/**
 * Under which name a replay store remembers a token: 32 bytes, however long the sender chose `jti`.
 * The length in front keeps issuer and `jti` apart, whatever characters they hold.
 * @publicApi
 */
export function replayKey(issuer: string, jti: string): Buffer {
  return createHash('sha256').update(`${issuer.length} ${issuer}${jti}`).digest();
}
