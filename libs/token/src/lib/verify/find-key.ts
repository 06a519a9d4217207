import { refuse } from '../refuse.js';
import type { Algorithm, JsonObject, TrustedIssuer, VerificationKey } from '../types.js';

/**
 * The key of this issuer that a token names, asked of the issuer's own store and of nothing else.
 *
 * Rejects as the store does (KEY_UNKNOWN, KEYS_UNAVAILABLE), and with ALGORITHM_FORBIDDEN if the
 * store answers with a key of another algorithm than the header's, whatever the store was asked.
 * @internal
 */
export async function findKey(
  { kid }: JsonObject,
  algorithm: Algorithm,
  issuedAt: number,
  issuer: TrustedIssuer,
): Promise<VerificationKey> {
  const key = await issuer.keys.find({ kid: kid as string | undefined, algorithm, issuedAt });
  if (key.algorithm !== algorithm)
    refuse('ALGORITHM_FORBIDDEN', {
      check: 'key',
      issuer: issuer.name,
      expected: key.algorithm,
      got: algorithm,
      fix: 'one key serves one algorithm: sign with that of the key',
    });
  return key;
}
