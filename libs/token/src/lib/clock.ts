import type { Clock } from './types.js';

/** The clocks of this machine: wall time for claims, a monotonic one for intervals. @publicApi */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now() / 1000,
  monotonic: () => performance.now(),
});
