import { maxRingKeys, type KeyTimes } from './key-times.js';
import { keysByState, makeNext, move, type Ring, type RingKey, type RingStep } from './ring.js';

type Times = Pick<KeyTimes, 'announce' | 'rotateEvery' | 'retain'>;

/**
 * What is due in a ring at `now`: retire what no live token needs, let an announced `next` sign when
 * the active key has signed long enough, and always have a `next`. Nothing due is no step.
 *
 * A clock that went back makes ages negative, and then nothing happens before they have passed again.
 * @internal
 */
export function planRotation(ring: Ring, now: number, times: Times): readonly RingStep[] {
  const { active, next, retiring } = keysByState(ring);
  const over = retiring.filter((key) => ageOf(key, now) >= times.retain);
  const steps = over.map(({ kid }) => move(kid, 'retired'));
  if (active === undefined) return [...steps, ...firstKeys(ring, now, times)];
  const isDue = ageOf(active, now) >= times.rotateEvery;
  if (next !== undefined && isDue && waitBeforeRotation(ring, now, times) === 0) {
    return [...steps, move(active.kid, 'retiring'), move(next.kid, 'active'), makeNext];
  }
  return next === undefined ? [...steps, makeNext] : steps;
}

/**
 * Seconds until the `next` key may sign, by command or by itself; 0 when it may.
 *
 * It has to be announced, whoever asks: that also bounds how often keys can be rotated. And a ring
 * that publishes all the keys it may has to retire one first.
 * @internal
 */
export function waitBeforeRotation(ring: Ring, now: number, times: Times): number {
  const { next, retiring } = keysByState(ring);
  const announcing = times.announce - (next === undefined ? 0 : ageOf(next, now));
  const isFull = retiring.length >= maxRingKeys - 2;
  const oldest = Math.max(...retiring.map((key) => ageOf(key, now)));
  return Math.max(0, announcing, isFull ? times.retain - oldest : 0);
}

/** The very first key of a service signs at once: nobody holds a set that lacks it. */
function firstKeys(ring: Ring, now: number, times: Times): readonly RingStep[] {
  const { next } = keysByState(ring);
  if (next === undefined) {
    return ring.mustSign ? [{ kind: 'make', state: 'active' }, makeNext] : [makeNext];
  }
  const maySign = ring.mustSign || waitBeforeRotation(ring, now, times) === 0;
  return maySign ? [move(next.kid, 'active'), makeNext] : [];
}

function ageOf({ since }: RingKey, now: number): number {
  return now - since;
}
