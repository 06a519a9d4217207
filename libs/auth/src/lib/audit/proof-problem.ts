import type { ProtectedRule } from '@countersign/token';

import type { ResolvedOptions } from '../countersign.options.js';
import type { RawBodies } from './raw-bodies.js';

/**
 * What a route demands of a call that this application could not check, if anything. Messages, which
 * no body parser reads, come with their bytes and without a URL.
 * @internal
 */
export function proofProblem(
  { bound, singleUse, senderConstrained }: ProtectedRule,
  { publicUrl, replay, dpop }: Pick<ResolvedOptions, 'publicUrl' | 'replay' | 'dpop'>,
  bodies: Pick<RawBodies, 'isKept'> | undefined,
): string | undefined {
  if (bound && bodies?.isKept === false)
    return 'is bound to its body, but no body parser keeps the bytes: create the application with rawBody: true';
  if (bound === 'request' && bodies !== undefined && publicUrl === undefined)
    return 'is bound to its URL, but the options have no publicUrl';
  if (singleUse && replay === undefined)
    return "is for single use, but the options have no replay store: memoryReplay() for one process, or 'off'";
  if (senderConstrained && bodies !== undefined && dpop === undefined)
    return "is for tokens bound to their sender, but the options have no publicUrl to check DPoP proofs by: set it, or dpop: 'off' where client certificates alone bind";
  return undefined;
}
