import type { SigningKeys } from '@countersign/runtime';
import { authorizationServer, type TrustEntry } from '@countersign/token';

/**
 * This server's trust in itself: its tokens are verified with its own key ring, in memory and
 * without a request. Users have nothing to say here, so it may name none.
 */
export function ownIssuer(issuer: string, keys: SigningKeys): TrustEntry {
  return Object.freeze({
    ...authorizationServer(issuer, { name: 'self' }),
    keys: Object.freeze({ from: 'configuration', store: keys.keyStore }),
  });
}
