import { keysByState, makeNext, type Ring, type RingStep } from './ring.js';

/**
 * What takes a compromised key out of a ring at once, in whatever state it is: it is published no
 * more, `next` signs if it was the one that signed, and there is a fresh `next`. `undefined` when
 * the ring has no such live key.
 * @internal
 */
export function planEmergency(ring: Ring, kid: string): readonly RingStep[] | undefined {
  const { active, next, retiring } = keysByState(ring);
  const drop: RingStep = { kind: 'move', kid, to: 'retired', isCompromised: true };
  if (kid === next?.kid) return [drop, makeNext];
  if (retiring.some((key) => key.kid === kid)) return [drop];
  if (kid !== active?.kid) return undefined;
  return next === undefined
    ? [drop, { kind: 'make', state: 'active' }, makeNext]
    : [drop, { kind: 'move', kid: next.kid, to: 'active' }, makeNext];
}
