import { AccessError } from '../errors.js';
import { refuse } from '../refuse.js';
import type { ReplayStore } from '../replay/replay-store.js';
import type { VerifiedToken } from '../types.js';
import { requireText } from './require-text.js';

/**
 * Uses a verified token up: the last check, so that only tokens that hold fill the store.
 *
 * Rejects with CLAIM_INVALID a token without `jti`, with TOKEN_REPLAYED one that was used before,
 * and with REPLAY_STORE_UNAVAILABLE (503) when the store cannot tell. Remembers it for as long as a
 * verifier with this clock tolerance, in seconds, would accept it.
 * @publicApi
 */
export async function useOnce(
  { claims, issuer, expiresAt }: VerifiedToken,
  store: ReplayStore,
  clockTolerance: number,
): Promise<void> {
  const jti = requireText(claims, 'jti', issuer);
  const isFirst = await ask(() => store.use(issuer.issuer, jti, expiresAt + clockTolerance));
  if (isFirst) return;
  refuse('TOKEN_REPLAYED', {
    check: 'replay',
    issuer: issuer.name,
    expected: 'a jti that was never used',
    got: jti,
    fix: 'make a new token for each request',
  });
}

async function ask(use: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    // Compared, not trusted: a store that answers anything but true did not say yes.
    return (await use()) === true;
  } catch (cause) {
    if (cause instanceof AccessError) throw cause;
    throw new AccessError('REPLAY_STORE_UNAVAILABLE', {
      cause,
      retryAfter: 5,
      detail: { check: 'replay', fix: 'make the replay store reachable from here' },
    });
  }
}
