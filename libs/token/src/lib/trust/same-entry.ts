import { isDeepStrictEqual } from 'node:util';

import type { VerificationKey } from '../types.js';
import type { KeysOfIssuer, TrustEntry } from './trust-entry.js';

/**
 * Whether two entries say the same, so that what was made of the one serves for the other.
 * @internal
 */
export function isSameEntry(one: TrustEntry, other: TrustEntry): boolean {
  if (one === other) return true;
  const { keys, ...rest } = one;
  const { keys: otherKeys, ...others } = other;
  return isDeepStrictEqual(rest, others) && isSameKeys(keys, otherKeys);
}

/** Whether two entries find their keys in the same place, or have the very same ones. @internal */
export function isSameKeys(one: KeysOfIssuer, other: KeysOfIssuer): boolean {
  if (one.from !== 'configuration' || other.from !== 'configuration')
    return isDeepStrictEqual(one, other);
  const [keys, others] = [one.store.keys, other.store.keys];
  if (keys === undefined || others === undefined) return one.store === other.store;
  return keys.length === others.length && keys.every((key, at) => isSameKey(key, others[at]));
}

/** By what they are: node keeps notes on key objects that were used. */
function isSameKey(one: VerificationKey, other: VerificationKey | undefined): boolean {
  if (other === undefined) return false;
  const { kid, algorithm, key } = other;
  return one.kid === kid && one.algorithm === algorithm && one.key.equals(key);
}
