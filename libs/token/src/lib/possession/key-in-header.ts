import { AccessError } from '../errors.js';
import { importVerificationKey } from '../keys/import-verification-key.js';
import type { Json, KeyStore } from '../types.js';

/**
 * The key that a proof names itself, as `jwk` of its header (RFC 9449 section 4.2): a public key, read
 * as strictly as one of a key set, and not before everything cheaper holds.
 *
 * Refuses with KEY_UNKNOWN one that is missing, private, symmetric, weak or malformed, or not for the
 * algorithm of the header.
 * @internal
 */
export function keyInHeader(jwk: Json | undefined): KeyStore {
  return {
    find: ({ algorithm }) => {
      try {
        return importVerificationKey(jwk, [algorithm]);
      } catch (cause) {
        throw new AccessError('KEY_UNKNOWN', {
          cause,
          detail: {
            check: 'jwk',
            expected: `a public key for ${algorithm} in the header`,
            got: (cause as Error).message,
            fix: 'send the public key, and nothing of the private one, as jwk',
          },
        });
      }
    },
  };
}
