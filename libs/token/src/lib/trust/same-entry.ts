import { isDeepStrictEqual } from 'node:util';

import type { KeysOfIssuer, TrustEntry } from './trust-entry.js';

/** Whether two entries say the same, so that what was made of the one serves for the other. @internal */
export function isSameEntry(one: TrustEntry, other: TrustEntry): boolean {
  if (one === other) return true;
  const { keys, ...rest } = one;
  const { keys: otherKeys, ...others } = other;
  return isDeepStrictEqual(rest, others) && isSameKeys(keys, otherKeys);
}

/** Whether two entries find their keys in the same place, or have the very same ones. @internal */
export function isSameKeys(one: KeysOfIssuer, other: KeysOfIssuer): boolean {
  return isDeepStrictEqual(comparable(one), comparable(other));
}

/** A store is code; what it holds can be compared. */
function comparable(keys: KeysOfIssuer): unknown {
  if (keys.from !== 'configuration') return keys;
  return { from: keys.from, keys: keys.store.keys ?? keys.store };
}
