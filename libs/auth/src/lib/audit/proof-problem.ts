import type { ProtectedRule } from '@countersign/token';

import type { ResolvedOptions } from '../countersign.options.js';
import type { RawBodies } from './raw-bodies.js';

/** What a route demands of a call that this application could not check, if anything. @internal */
export function proofProblem(
  { bound, singleUse }: ProtectedRule,
  { publicUrl, replay }: Pick<ResolvedOptions, 'publicUrl' | 'replay'>,
  { isKept }: Pick<RawBodies, 'isKept'>,
): string | undefined {
  if (bound && !isKept)
    return 'is bound to its body, but no body parser keeps the bytes: create the application with rawBody: true';
  if (bound === 'request' && publicUrl === undefined)
    return 'is bound to its URL, but the options have no publicUrl';
  if (singleUse && replay === undefined)
    return "is for single use, but the options have no replay store: memoryReplay() for one process, or 'off'";
  return undefined;
}
