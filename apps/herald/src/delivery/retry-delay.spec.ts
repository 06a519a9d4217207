import { retryDelay } from './retry-delay.js';

describe('retryDelay', () => {
  const settings = { retrySeconds: 5, retryMaxSeconds: 300 };

  it.each([
    [1, 5],
    [2, 10],
    [6, 160],
    [7, 300],
    [5_000, 300],
  ])('waits at most, after %i attempts, %i seconds', (attempts, seconds) => {
    expect(retryDelay(attempts, settings, 0)).toBe(seconds);
  });

  it('takes at most half of it off', () => {
    expect(retryDelay(2, settings, 1 - Number.EPSILON)).toBeCloseTo(5);
  });

  it('spreads a crowd', () => {
    const delays = Array.from({ length: 50 }, () => retryDelay(3, settings));
    expect(new Set(delays).size).toBeGreaterThan(40);
    expect(delays.every((delay) => delay > 10 && delay <= 20)).toBe(true);
  });
});
