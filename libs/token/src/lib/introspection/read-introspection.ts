import { parseStrictObject } from '../strict-json.js';
import type { JsonObject } from '../types.js';

const bearerTypes: readonly unknown[] = ['bearer', 'dpop'];
const accessUses: readonly unknown[] = ['access_token', 'access'];

/**
 * Reads an introspection response (RFC 7662 section 2.2): the claims of an active access token, or
 * `inactive`.
 *
 * Throws an Error whose message quotes nothing: no strict JSON object, `active` that is neither true
 * nor false, a `token_type` that is no access token's or does not fit `cnf`, a token for another use.
 * @internal
 */
export function readIntrospection(body: Uint8Array): JsonObject | 'inactive' {
  const answer = parseStrictObject(body);
  const { active, token_type: type, token_use: use, cnf } = answer;
  if (active === false) return 'inactive';
  if (active !== true) throw new Error('active is neither true nor false');
  const kind = typeof type === 'string' ? type.toLowerCase() : type;
  if (kind !== undefined && !bearerTypes.includes(kind))
    throw new Error('token_type is not Bearer or DPoP');
  // Of a bound token that says not to what, nobody could ever ask for the proof.
  if (kind === 'dpop' && !isBound(cnf))
    throw new Error('token_type is DPoP, but cnf.jkt is missing');
  if (use !== undefined && !accessUses.includes(use)) throw new Error('it is no access token');
  return answer;
}

function isBound(cnf: unknown): boolean {
  return typeof (cnf as JsonObject | null | undefined)?.['jkt'] === 'string';
}
