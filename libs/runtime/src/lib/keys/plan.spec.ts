import { keyTimes } from './key-times.js';
import { planEmergency } from './plan-emergency.js';
import { planRecovery, type SpentKeys } from './plan-recovery.js';
import { planRotation, waitBeforeRotation } from './plan-rotation.js';
import type { KeyState, Ring, RingStep } from './ring.js';
import { withTrustedAge } from './trusted-age.js';

const now = 1_000_000;
const times = keyTimes({ rotateEvery: 1000, announce: 400, retain: 4000 });

/** `ring('next', 10, 'active', 500)`: keys named after their states, with their ages. */
const ring = (...parts: (KeyState | number)[]): Ring => ({
  mustSign: true,
  keys: Array.from({ length: parts.length / 2 }, (_, index) => ({
    kid: `${parts[2 * index]}${parts.slice(0, 2 * index).filter((part) => part === parts[2 * index]).length || ''}`,
    state: parts[2 * index] as KeyState,
    since: now - Number(parts[2 * index + 1]),
  })),
});
const other = (...parts: (KeyState | number)[]): Ring => ({ ...ring(...parts), mustSign: false });

/** `active>retiring` moves, `+next` makes, `next!` is dropped as compromised. */
const shown = (steps: readonly RingStep[] | undefined) =>
  steps
    ?.map((step) =>
      step.kind === 'make'
        ? `+${step.state}`
        : `${step.kid}>${step.to}${step.isCompromised ? '!' : ''}`,
    )
    .join(' ');

describe('planRotation', () => {
  it.each<[string, Ring, string]>([
    ['makes the first keys, one of which signs', ring(), '+active +next'],
    ['makes a ring beside the default with a key that does not sign', other(), '+next'],
    ['waits until that key is announced', other('next', 399), ''],
    ['lets it sign then', other('next', 400), 'next>active +next'],
    ['lets the only key of the default ring sign at once', ring('next', 0), 'next>active +next'],
    ['always has a next', ring('active', 10), '+next'],
    ['makes a next before anything else rotates', ring('active', 9999), '+next'],
    ['leaves a young ring alone', ring('active', 999, 'next', 999), ''],
    [
      'rotates when it is time',
      ring('active', 1000, 'next', 400),
      'active>retiring next>active +next',
    ],
    ['does not rotate to a key that is not announced', ring('active', 9999, 'next', 399), ''],
    ['keeps what live tokens need', ring('active', 1, 'next', 1, 'retiring', 3999), ''],
    [
      'retires what no live token needs',
      ring('active', 1, 'next', 1, 'retiring', 4000, 'retiring', 4001, 'retiring', 1),
      'retiring>retired retiring1>retired',
    ],
    [
      'retires and rotates together',
      ring('active', 1000, 'next', 400, 'retiring', 4000),
      'retiring>retired active>retiring next>active +next',
    ],
    ['does nothing before its time, when the clock went back', ring('active', -9, 'next', -9), ''],
    [
      'does not publish more keys than receivers read',
      ring('active', 1000, 'next', 400, ...Array(18).fill(['retiring', 5]).flat()),
      '',
    ],
  ])('%s', (_what, given, steps) => {
    expect(shown(planRotation(given, now, times))).toBe(steps);
  });
});

describe('waitBeforeRotation', () => {
  it.each<[Ring, number]>([
    [ring('active', 1, 'next', 400), 0],
    [ring('active', 1, 'next', 100), 300],
    [ring('active', 1), 400],
    [ring('active', 1, 'next', -100), 500],
    [ring('active', 1, 'next', 400, ...Array(18).fill(['retiring', 5]).flat()), 3995],
  ])('of %j is %i', (given, wait) => {
    expect(waitBeforeRotation(given, now, times)).toBe(wait);
  });
});

describe('planEmergency', () => {
  const full = ring('active', 1, 'next', 1, 'retiring', 1, 'retired', 1);
  it.each<[string, Ring, string, string | undefined]>([
    ['lets next sign at once', full, 'active', 'active>retired! next>active +next'],
    ['replaces a next', full, 'next', 'next>retired! +next'],
    ['drops a retiring key', full, 'retiring', 'retiring>retired!'],
    [
      'makes a key when there is no other',
      ring('active', 1),
      'active',
      'active>retired! +active +next',
    ],
    ['knows no retired key', full, 'retired', undefined],
    ['knows no other key', full, 'other', undefined],
  ])('%s', (_what, given, kid, steps) => {
    expect(shown(planEmergency(given, kid))).toBe(steps);
  });
});

describe('planRecovery', () => {
  const term = 1000 + 400 + 4000;
  const spent = (keys: Record<string, 'retiring' | 'retired'>): SpentKeys =>
    new Map(Object.entries(keys));
  it.each<[string, Ring, SpentKeys, string]>([
    ['leaves a ring alone that is in time', ring('active', 1100, 'next', 999), spent({}), ''],
    ['has nothing to say of an empty one', ring(), spent({}), ''],
    [
      'does not sign with a key that would be retired by now',
      ring('active', term, 'next', term),
      spent({}),
      'active>retiring next>active +next',
    ],
    [
      'nor with the one that would have followed it',
      ring('active', term + 1000, 'next', term + 1000),
      spent({}),
      'active>retiring next>retired +active +next',
    ],
    [
      'trusts a ring that somebody took care of',
      ring('active', 99_999, 'next', 399),
      spent({}),
      '',
    ],
    [
      'does not sign again with a key that stopped',
      ring('active', 10, 'next', 10),
      spent({ active: 'retiring' }),
      'active>retiring next>active +next',
    ],
    [
      'nor with two of them',
      ring('active', 10, 'next', 10),
      spent({ active: 'retired', next: 'retiring' }),
      'active>retired next>retiring +active +next',
    ],
    [
      'replaces a next that was compromised',
      ring('active', 10, 'next', 10),
      spent({ next: 'retired' }),
      'next>retired +next',
    ],
    [
      'publishes no key again that was retired',
      ring('active', 10, 'next', 10, 'retiring', 10, 'retiring', 10),
      spent({ retiring: 'retired', retiring1: 'retiring' }),
      'retiring>retired',
    ],
  ])('%s', (_what, given, known, steps) => {
    expect(shown(planRecovery(given, now, times, known))).toBe(steps);
  });
});

describe('withTrustedAge', () => {
  it.each<[string, KeyState, number, number, number]>([
    ['believes the database as far as it has seen a key itself', 'next', 500, 20, 20],
    ['believes what is younger than this process', 'next', 5, 20, 5],
    ['is not fooled by a leap forward', 'retiring', 1e9, 20, 20],
    ['lets a key sign no longer because of a restart', 'active', 500, 20, 500],
    ['is not held up by a time in the future', 'active', -1e9, 20, 20],
    ['nor for a key that waits', 'next', -1e9, 20, 20],
  ])('%s', (_what, state, age, seenFor, trusted) => {
    const key = { kid: 'a', state, since: now - age };
    expect(now - withTrustedAge(key, now, seenFor).since).toBe(trusted);
  });
});
