import type { AsymmetricAlgorithm } from '@countersign/token';

import type { KeyTimes } from './key-times.js';
import { waitBeforeRotation } from './plan-rotation.js';
import type { KeyState } from './ring.js';
import type { KeySnapshot, StoredKey } from './signing-key-store.js';

/** A key, for operators; times in seconds since the epoch. @publicApi */
export interface KeyStatus {
  readonly kid: string;
  readonly state: KeyState;
  readonly createdAt: number;
  /** When it came into its state. */
  readonly since: number;
  readonly isCompromised: boolean;
}

/** The keys of one algorithm. @publicApi */
export interface RingStatus {
  readonly algorithm: AsymmetricAlgorithm;
  readonly isDefault: boolean;
  /** Seconds until a rotation by command is possible; 0 when it is. */
  readonly wait: number;
  /** When the active key is due to be replaced, if there is one. */
  readonly rotatesAt: number | undefined;
  /** Newest first; retired ones are remembered for a while. */
  readonly keys: readonly KeyStatus[];
}

/** All key rings of a service. @publicApi */
export interface KeyRingStatus {
  /** The database's clock, seconds since the epoch. */
  readonly now: number;
  readonly times: KeyTimes;
  readonly rings: readonly RingStatus[];
}

/** Describes what a snapshot holds; `trusted` has the ages that this process believes. @internal */
export function keyRingStatus(
  { snapshot, trusted }: { readonly snapshot: KeySnapshot; readonly trusted: KeySnapshot },
  own: { readonly times: KeyTimes; readonly defaultAlgorithm: AsymmetricAlgorithm },
): KeyRingStatus {
  const algorithms = new Set(snapshot.keys.map(({ algorithm }) => algorithm));
  const rings = [...algorithms].map((algorithm): RingStatus => {
    const isOwn = (key: StoredKey) => key.algorithm === algorithm;
    const isDefault = algorithm === own.defaultAlgorithm;
    const ring = { mustSign: false, keys: trusted.keys.filter(isOwn) };
    const active = ring.keys.find(({ state }) => state === 'active');
    return {
      algorithm,
      isDefault,
      wait: waitBeforeRotation(ring, trusted.now, own.times),
      rotatesAt: active && active.since + own.times.rotateEvery,
      keys: snapshot.keys.filter(isOwn).map(toStatus),
    };
  });
  const { now } = snapshot;
  return { now, times: own.times, rings: rings.sort((a, b) => +b.isDefault - +a.isDefault) };
}

function toStatus({ kid, state, createdAt, since, isCompromised }: StoredKey): KeyStatus {
  return { kid, state, createdAt, since, isCompromised };
}
