import { AccessError } from '../errors.js';
import type { ReplayStore } from './replay-store.js';

/**
 * Records a use, and tells whether it was the first.
 *
 * Rejects with REPLAY_STORE_UNAVAILABLE (503) when the store cannot tell.
 *
 * @param until Seconds since the epoch: from when on it would be refused anyway.
 * @internal
 */
export async function isFirstUse(
  store: ReplayStore,
  issuer: string,
  jti: string,
  until: number,
): Promise<boolean> {
  try {
    // Compared, not trusted: a store that answers anything but true did not say yes.
    return (await store.use(issuer, jti, until)) === true;
  } catch (cause) {
    if (cause instanceof AccessError) throw cause;
    throw new AccessError('REPLAY_STORE_UNAVAILABLE', {
      cause,
      retryAfter: 5,
      detail: { check: 'replay', fix: 'make the replay store reachable from here' },
    });
  }
}
