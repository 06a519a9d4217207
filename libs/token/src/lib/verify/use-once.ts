import { refuse } from '../refuse.js';
import { isFirstUse } from '../replay/first-use.js';
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
  const until = expiresAt + clockTolerance;
  if (await isFirstUse(store, issuer.issuer, jti, until)) return;
  refuse('TOKEN_REPLAYED', {
    check: 'replay',
    issuer: issuer.name,
    expected: 'a jti that was never used',
    got: jti,
    fix: 'make a new token for each request',
  });
}
