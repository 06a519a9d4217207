import { checkCalls } from './check-calls.js';
import { checkRules } from './check-rules.js';
import { checkUses } from './check-uses.js';
import { keyOf, type Finding } from './findings.js';
import type { Fleet } from './fleet.js';
import { order } from './reach.js';

/** Everything that is wrong with a fleet, each finding once, always in the same order. */
export function checkFleet(fleet: Fleet): readonly Finding[] {
  const found = fleet.maps.flatMap((map) => [
    ...checkRules(map, fleet),
    ...checkCalls(map, fleet),
    ...checkUses(map, fleet),
  ]);
  const once = new Map(found.map((finding) => [keyOf(finding), finding]));
  return [...once.values()].sort((a, b) => order(keyOf(a), keyOf(b)));
}
