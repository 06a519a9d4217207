import { retryDelay } from './retry-delay.js';

describe('retryDelay', () => {
  const pauses = { first: 5, longest: 300 };

  it.each([
    [1, 5],
    [2, 10],
    [6, 160],
    [7, 300],
    [5_000, 300],
  ])('waits at most, after %i attempts, %i', (attempts, longest) => {
    expect(retryDelay(attempts, pauses, 0)).toBe(longest);
  });

  it('takes at most half of it off', () => {
    expect(retryDelay(2, pauses, 1 - Number.EPSILON)).toBeCloseTo(5);
  });

  it('spreads a crowd', () => {
    const delays = Array.from({ length: 50 }, () => retryDelay(3, pauses));
    expect(new Set(delays).size).toBeGreaterThan(40);
    expect(delays.every((delay) => delay > 10 && delay <= 20)).toBe(true);
  });
});
