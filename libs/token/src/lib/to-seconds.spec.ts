import { toSeconds } from './to-seconds.js';

describe('toSeconds', () => {
  it.each([
    [0, 0],
    [1.5, 1.5],
    ['200ms', 0.2],
    ['10s', 10],
    ['5m', 300],
    ['24h', 86_400],
    ['7d', 604_800],
  ])('reads %p as %p seconds', (duration, seconds) => {
    expect(toSeconds(duration)).toBe(seconds);
  });

  it.each([
    -1,
    NaN,
    Infinity,
    '',
    '10',
    's',
    '-1s',
    '1.5s',
    '10 s',
    '10S',
    '1h30m',
    '1w',
    null,
    {},
  ])('refuses %p and names the option', (duration) => {
    expect(() => toSeconds(duration as string, 'keys.coolDown')).toThrow(
      new TypeError("keys.coolDown must be seconds or a string like '10s', '5m', '24h'"),
    );
  });
});
