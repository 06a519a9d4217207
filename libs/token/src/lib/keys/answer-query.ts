import { AccessError } from '../errors.js';
import type { KeyQuery, VerificationKey } from '../types.js';

/**
 * The key, if it serves the algorithm that the token names; else ALGORITHM_FORBIDDEN. The key
 * decides which algorithm verifies, never the header (RFC 8725 section 3.1).
 * @internal
 */
export function answerQuery(key: VerificationKey, query: KeyQuery): VerificationKey {
  if (key.algorithm === query.algorithm) return key;
  throw new AccessError('ALGORITHM_FORBIDDEN', {
    detail: {
      check: 'key.algorithm',
      expected: key.algorithm,
      got: query.algorithm,
      fix: 'sign with the algorithm that this key is published for',
    },
  });
}

/** The refusal for a `kid` that the issuer surely does not publish. @internal */
export function unknownKey(query: KeyQuery, known: Iterable<string>): AccessError {
  return new AccessError('KEY_UNKNOWN', {
    detail: {
      check: 'key.kid',
      expected: [...known].slice(0, 10),
      got: shown(query.kid),
      fix: 'publish the key in the key set of the issuer before signing with it',
    },
  });
}

/** A `kid` for the log: whoever sent the token chose its length. @internal */
export function shown(kid: string | undefined): string | null {
  return kid?.slice(0, 100) ?? null;
}
