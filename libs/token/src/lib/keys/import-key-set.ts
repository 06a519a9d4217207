import type { Algorithm, Json, VerificationKey } from '../types.js';
import { importVerificationKey } from './import-verification-key.js';
import type { ImportOptions } from './import-verification-key.js';
import { UnusableKeyError } from './unusable-key-error.js';
import type { KeyFault } from './unusable-key-error.js';

/** A key of a set that is not used, and why. @publicApi */
export interface DroppedKey {
  /** As published; undefined when the key names none that is a short string. */
  readonly kid: string | undefined;
  readonly fault: KeyFault;
}

/** What is usable of a published set. @internal */
export interface ImportedKeySet {
  readonly keys: ReadonlyMap<string, VerificationKey>;
  readonly dropped: readonly DroppedKey[];
}

/**
 * Imports the keys of a set (RFC 7517 section 5), each by its `kid`.
 *
 * Drops and reports what {@link importVerificationKey} refuses, keys without `kid`, and every key
 * whose `kid` occurs twice: choosing the first or the last would let whoever can add a key replace
 * one. A key that is dropped never takes a good one with it, unless they share a `kid`.
 * @internal
 */
export function importKeySet(
  jwks: readonly Json[],
  algorithms: readonly Algorithm[],
  options: ImportOptions = {},
): ImportedKeySet {
  const kids = jwks.map(kidOf);
  const duplicated = new Set(kids.filter((kid, index) => kids.indexOf(kid) !== index));
  const keys = new Map<string, VerificationKey>();
  const dropped: DroppedKey[] = [];
  jwks.forEach((jwk, index) => {
    const kid = kids[index];
    try {
      const key = importVerificationKey(jwk, algorithms, options);
      if (key.kid === undefined) throw new UnusableKeyError('kid_missing');
      if (duplicated.has(key.kid)) throw new UnusableKeyError('kid_duplicate');
      keys.set(key.kid, key);
    } catch (error) {
      if (!(error instanceof UnusableKeyError)) throw error;
      dropped.push({ kid, fault: error.fault });
    }
  });
  return { keys, dropped };
}

/**
 * The keys of a new set, where one of them is the same as before as the very same object: whoever
 * remembers by which key a token held sees that this one stayed.
 * @internal
 */
export function keepingKnown(
  keys: ImportedKeySet['keys'],
  known: ImportedKeySet['keys'] | undefined,
): ImportedKeySet['keys'] {
  if (known === undefined) return keys;
  const kept = [...keys].map(([kid, key]): [string, VerificationKey] => {
    const before = known.get(kid);
    return [kid, before !== undefined && isSameKey(before, key) ? before : key];
  });
  return new Map(kept);
}

function isSameKey(before: VerificationKey, key: VerificationKey): boolean {
  return before.algorithm === key.algorithm && before.key.equals(key.key);
}

function kidOf(jwk: Json): string | undefined {
  const kid = typeof jwk === 'object' && jwk !== null && 'kid' in jwk ? jwk.kid : undefined;
  return typeof kid === 'string' ? kid.slice(0, 256) : undefined;
}
