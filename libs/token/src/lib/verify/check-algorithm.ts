import { refuse } from '../refuse.js';
import type { Algorithm, JsonObject, TrustedIssuer } from '../types.js';

/**
 * The algorithm of a header, which must be one that this issuer may use (RFC 8725 section 3.1).
 *
 * Compared exactly; refuses with ALGORITHM_FORBIDDEN, `none` in any spelling included.
 * @internal
 */
export function checkAlgorithm({ alg }: JsonObject, issuer: TrustedIssuer): Algorithm {
  return (
    issuer.algorithms.find((algorithm) => algorithm === alg) ??
    refuse('ALGORITHM_FORBIDDEN', {
      check: 'algorithm',
      issuer: issuer.name,
      expected: issuer.algorithms,
      ...(alg !== undefined && { got: alg }),
      fix: `sign with one of these, or allow it in the trust entry of ${issuer.name}`,
    })
  );
}
