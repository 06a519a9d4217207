import fc from 'fast-check';

import { keyTimes, maxRingKeys, type KeyTimes } from './key-times.js';
import { planRotation, waitBeforeRotation } from './plan-rotation.js';
import { makeNext, move, type KeyState, type Ring, type RingKey, type RingStep } from './ring.js';

/** The ring from one moment on. */
interface Moment {
  readonly at: number;
  readonly keys: readonly RingKey[];
}

function apply(ring: Ring, steps: readonly RingStep[], now: number, name: () => string): Ring {
  const keys = new Map(ring.keys.map((key) => [key.kid, key]));
  const put = (kid: string, state: KeyState) => keys.set(kid, { kid, state, since: now });
  for (const step of steps) {
    if (step.kind === 'move') put(step.kid, step.to);
    else put(name(), step.state);
  }
  return { ...ring, keys: [...keys.values()].filter(({ state }) => state !== 'retired') };
}

/** When a leader looks after its ring, and whether it is told to rotate then. */
interface Tick {
  readonly pause: number;
  readonly isCommand: boolean;
}

/** A leader that looks after its ring at these moments, and is told to rotate at some of them. */
function history(ticks: readonly Tick[], times: KeyTimes): Moment[] {
  let ring: Ring = { mustSign: true, keys: [] };
  let now = 0;
  let made = 0;
  const moments: Moment[] = [];
  for (const { pause, isCommand } of ticks) {
    now += pause;
    ring = apply(ring, planRotation(ring, now, times), now, () => `k${(made += 1)}`);
    if (isCommand && waitBeforeRotation(ring, now, times) === 0) {
      const active = ring.keys.find(({ state }) => state === 'active')!;
      const next = ring.keys.find(({ state }) => state === 'next')!;
      const steps = [move(active.kid, 'retiring'), move(next.kid, 'active'), makeNext];
      ring = apply(ring, steps, now, () => `k${(made += 1)}`);
    }
    moments.push({ at: now, keys: ring.keys });
  }
  return moments;
}

const keysAt = (moments: readonly Moment[], time: number) =>
  moments.findLast(({ at }) => at <= time)?.keys;
const hasState = (state: KeyState) => (key: RingKey) => key.state === state;

const scenario = fc
  .record({
    maxAge: fc.integer({ min: 6, max: 20 }),
    coolDown: fc.integer({ min: 0, max: 10 }),
    lag: fc.integer({ min: 0, max: 10 }),
    longestLife: fc.integer({ min: 1, max: 60 }),
    tolerance: fc.integer({ min: 0, max: 10 }),
    moreAnnounce: fc.integer({ min: 0, max: 10 }),
    moreRetain: fc.constantFrom(0, 7),
    moreRotate: fc.integer({ min: 0, max: 40 }),
    ticks: fc
      .array(
        fc.record({
          pause: fc.double({ min: 0.1, max: 15, noNaN: true }),
          isCommand: fc.boolean(),
          // Leaders look often: what is due happens soon, so that what is due too early shows.
          looks: fc.constantFrom(1, 30),
        }),
        { minLength: 1, maxLength: 30 },
      )
      .map((ticks) => ticks.flatMap(({ looks, ...tick }) => Array(looks).fill(tick) as Tick[])),
  })
  .map(({ ticks, moreAnnounce, moreRetain, moreRotate, ...own }) => {
    const announce = own.maxAge + own.coolDown + own.lag + moreAnnounce;
    const retain = own.longestLife + own.tolerance + own.lag + moreRetain;
    const rotateEvery = announce + moreRotate;
    return { times: keyTimes({ ...own, announce, retain, rotateEvery }), ticks };
  });

/** A share of a range, to be scaled when the range is known; its ends are what matters. */
const share = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }));

describe('the promise of a key ring', () => {
  it('is that every receiver can verify every token for as long as it lives', () => {
    const use = fc.record({
      moment: fc.nat(),
      after: fc.constantFrom(-0.01, 0, 3),
      lag: share,
      verifiedAt: share,
      age: share,
      readLag: share,
    });
    fc.assert(
      fc.property(scenario, fc.array(use, { minLength: 1, maxLength: 40 }), (given, uses) => {
        const { times, ticks } = given;
        const moments = history(ticks, times);
        for (const { moment, after, lag, verifiedAt, age, readLag } of uses) {
          // Around a change is where a promise breaks, and with all the lag there may be.
          const seenAt = moments[moment % moments.length]!.at + after;
          const signedAt = seenAt + lag * times.lag;
          const seenBySigner = keysAt(moments, seenAt);
          const signer = seenBySigner?.find(hasState('active'));
          const verified = signedAt + verifiedAt * (times.longestLife + times.tolerance);
          const readAt = verified - age * (times.maxAge + times.coolDown);
          const published = keysAt(moments, readAt - readLag * times.lag);
          // Before the first key there was neither a token nor a key set.
          if (signer === undefined || published === undefined) continue;
          expect(published.map(({ kid }) => kid)).toContain(signer.kid);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is that a ring always has one key that signs, one that is next, and few in all', () => {
    fc.assert(
      fc.property(scenario, ({ times, ticks }) => {
        for (const { keys } of history(ticks, times)) {
          expect(keys.filter(hasState('active'))).toHaveLength(1);
          expect(keys.filter(hasState('next'))).toHaveLength(1);
          expect(keys.length).toBeLessThanOrEqual(maxRingKeys);
        }
      }),
    );
  });

  it('is that states follow each other, none skipped', () => {
    const order: KeyState[] = ['next', 'active', 'retiring', 'retired'];
    fc.assert(
      fc.property(scenario, ({ times, ticks }) => {
        const last = new Map<string, { state: KeyState; since: number }>();
        history(ticks, times).forEach(({ keys }, index) => {
          for (const { kid, state, since } of keys) {
            const before = last.get(kid);
            last.set(kid, { state, since });
            if (before === undefined || before.state === state) continue;
            expect(order.indexOf(state)).toBe(order.indexOf(before.state) + 1);
            if (state === 'active')
              expect(since - before.since).toBeGreaterThanOrEqual(times.announce);
          }
          // Only the very first key signs without having been announced.
          if (index > 0) return;
          expect(keys.find(hasState('active'))?.kid).toBe('k1');
        });
      }),
    );
  });
});
