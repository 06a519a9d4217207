import type { RingKey } from './ring.js';

/**
 * A key as far as this process believes how long it has been in its state. The database's clock
 * decides, but clocks jump: a key is announced, and retained, for as long as this process has seen
 * it so (`seenFor`, seconds of a monotonic clock), whatever the clock says. A restart therefore
 * delays a rotation by one announcement and nothing else. A time in the future, left by a clock that
 * was ahead, does not hold up the ring: then only what was seen counts.
 * @internal
 */
export function withTrustedAge<Key extends RingKey>(key: Key, now: number, seenFor: number): Key {
  const age = now - key.since;
  if (age < 0) return { ...key, since: now - seenFor };
  if (key.state === 'active') return key;
  return { ...key, since: now - Math.min(age, seenFor) };
}
