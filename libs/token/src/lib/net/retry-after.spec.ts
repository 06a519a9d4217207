import { retryAfterSeconds } from './retry-after.js';

describe('retryAfterSeconds', () => {
  const now = Date.parse('2026-11-22T12:00:00Z') / 1000;

  it.each([
    ['0', 0],
    ['120', 120],
    ['999999999', 86_400],
    ['Sun, 22 Nov 2026 12:00:30 GMT', 30],
    ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
    ['Sun, 22 Nov 2099 11:00:00 GMT', 86_400],
    [undefined, undefined],
    [null, undefined],
    ['', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    [' 1', undefined],
    ['soon', undefined],
    ['2026-11-22', undefined],
    ['Sun, 99 Nov 2026 12:00:30 GMT', undefined],
    ['9'.repeat(100), undefined],
  ])('reads %p as %p', (field, seconds) => {
    expect(retryAfterSeconds(field, now)).toBe(seconds);
  });
});
