import type { JsonObject, Principal } from '../types.js';

/** Who acts, and what the token is worth, in the words of the trace. @internal */
export function actorsIn({ caller, subject, scopes }: Principal): JsonObject {
  return {
    caller: caller.name ?? caller.id,
    ...(subject !== undefined && { subject: subject.uri }),
    scopes,
  };
}
