import { refuse } from '../refuse.js';
import { isFirstUse } from '../replay/first-use.js';
import type { ReplayStore } from '../replay/replay-store.js';
import type { DpopProof } from './verify-dpop-proof.js';

/** RFC 9278 section 3: no issuer has such a name, so that one store serves tokens and proofs. */
const thumbprintUri = 'urn:ietf:params:oauth:jwk-thumbprint:sha-256:';

/**
 * Uses a proof up (RFC 9449 section 11.1): the last check, so that only requests that are let in fill
 * the store. Remembers `jti` under the key of the proof, for as long as the proof would be accepted by
 * a verifier with this clock tolerance, in seconds.
 *
 * Rejects with PROOF_REPLAYED a proof that was used before, and with REPLAY_STORE_UNAVAILABLE (503)
 * when the store cannot tell.
 * @publicApi
 */
export async function useProofOnce(
  { jkt, claims, expiresAt }: DpopProof,
  store: ReplayStore,
  clockTolerance: number,
): Promise<void> {
  const jti = claims['jti'] as string;
  if (await isFirstUse(store, thumbprintUri + jkt, jti, expiresAt + clockTolerance)) return;
  refuse('PROOF_REPLAYED', {
    check: 'proof: jti',
    expected: 'a jti that was never used',
    got: jti,
    fix: 'make a proof for each request, and again for each attempt',
  });
}
