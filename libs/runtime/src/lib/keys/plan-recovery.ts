import type { KeyTimes } from './key-times.js';
import { keysByState, makeNext, move, type Ring, type RingKey, type RingStep } from './ring.js';

/** How far each key is known to have come elsewhere than in this database. @internal */
export type SpentKeys = ReadonlyMap<string, 'retiring' | 'retired'>;

/**
 * What has to change in a ring before this process signs with it at all: its database may be a
 * restored backup, in which keys sign that have been retired since.
 *
 * Two things tell. `spent` knows keys that have gone further than the database says. And a key that
 * by its own timetable would be retired by now signs no more, nor does the `next` that would have
 * followed it and be retired, too. A server that was off, or could not rotate, for so long looks the
 * same and loses nothing: what the key signed is still accepted as after any rotation.
 * @internal
 */
export function planRecovery(
  ring: Ring,
  now: number,
  times: KeyTimes,
  spent: SpentKeys = new Map(),
): readonly RingStep[] {
  const { active, next, retiring } = keysByState(ring);
  const overdue = overdueOf(ring, now, times);
  const activeFate = fateOf(active, spent, overdue >= 0 ? 'retiring' : undefined);
  const nextFate = fateOf(next, spent, overdue >= times.rotateEvery ? 'retired' : undefined);
  const heir = nextFate === undefined ? next : undefined;
  const steps = [
    ...retiring
      .filter(({ kid }) => spent.get(kid) === 'retired')
      .map(({ kid }) => move(kid, 'retired')),
    ...(activeFate ?? []),
    ...(nextFate ?? []),
  ];
  if (activeFate) {
    steps.push(heir ? move(heir.kid, 'active') : { kind: 'make', state: 'active' }, makeNext);
  } else if (nextFate) {
    steps.push(makeNext);
  }
  return steps;
}

/** Seconds for which the active key would be retired by its own timetable; negative if it is not. */
function overdueOf(ring: Ring, now: number, times: KeyTimes): number {
  const { active, next } = keysByState(ring);
  // Of a `next` that is being announced somebody took care of late: no backup, no long pause.
  const isAnnounced = next === undefined || now - next.since >= times.announce;
  if (active === undefined || !isAnnounced) return -1;
  return now - active.since - (times.rotateEvery + times.announce + times.retain);
}

function fateOf(
  key: RingKey | undefined,
  spent: SpentKeys,
  otherwise: 'retiring' | 'retired' | undefined,
): readonly RingStep[] | undefined {
  const to = key && (spent.get(key.kid) ?? otherwise);
  return to && [move(key.kid, to)];
}
