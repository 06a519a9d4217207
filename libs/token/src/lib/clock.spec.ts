import { systemClock } from './clock.js';

describe('systemClock', () => {
  it('tells seconds since the epoch', () => {
    expect(Math.abs(systemClock.now() - Date.now() / 1000)).toBeLessThan(1);
  });

  it('never runs backwards', () => {
    const before = systemClock.monotonic();
    expect(systemClock.monotonic()).toBeGreaterThanOrEqual(before);
  });
});
