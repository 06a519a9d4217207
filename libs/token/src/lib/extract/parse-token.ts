import type { ParsedToken } from '../types.js';
import { parseCompactJws, parseObject, type TokenLimits } from './parse-compact-jws.js';

/**
 * Takes a JWT apart by strict parsing, before any trust and any cryptography.
 *
 * Refuses with TOKEN_MALFORMED whatever `parseCompactJws` refuses, and a claims set that is not a
 * strict JSON object (RFC 7519 section 7.2): duplicate members, invalid UTF-8, a byte order mark,
 * nesting deeper than 16.
 *
 * @example
 * const { header, claims } = parseToken(token);
 * @publicApi
 */
export function parseToken(token: string, limits: TokenLimits = {}): ParsedToken {
  const { header, payload, signingInput, signature } = parseCompactJws(token, limits);
  return { header, claims: parseObject('claims', payload), signingInput, signature };
}
