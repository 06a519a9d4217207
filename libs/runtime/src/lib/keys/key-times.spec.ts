import { keyTimes, type KeyTimeOptions } from './key-times.js';

describe('keyTimes', () => {
  it('fills in times that fit together', () => {
    expect(keyTimes()).toEqual({
      rotateEvery: 30 * 86_400,
      announce: 360,
      retain: 3690,
      maxAge: 300,
      coolDown: 30,
      lag: 30,
      longestLife: 3600,
      tolerance: 60,
    });
  });

  it('derives announce and retain from what receivers need', () => {
    const options = { maxAge: 1, coolDown: 0.5, lag: 0.25, longestLife: 2, tolerance: 1 };
    expect(keyTimes({ ...options, rotateEvery: 2 })).toMatchObject({
      announce: 1.75,
      retain: 3.25,
    });
  });

  it.each<[string, KeyTimeOptions]>([
    ['keys.announce', { announce: 359 }],
    ['keys.announce', { maxAge: 0, coolDown: 0, lag: 0, announce: 0 }],
    ['keys.retain', { retain: 3689 }],
    ['keys.retain', { rotateEvery: 360, retain: 360 * 18 }],
    ['keys.rotateEvery', { rotateEvery: 359 }],
    ['keys.maxAge', { maxAge: 1.5 }],
    ['keys.maxAge', { maxAge: -1 }],
    ['keys.lag', { lag: Number.NaN }],
    ['keys.rotateEvery', { rotateEvery: Number.POSITIVE_INFINITY }],
    ['keys.rotateEvery', { rotateEvery: 1e12 }],
    ['keys.coolDown', { coolDown: '30' as unknown as number }],
    ['anounce', { anounce: 400 } as KeyTimeOptions],
  ])('refuses a wrong %s: %j', (option, options) => {
    expect(() => keyTimes(options)).toThrow(TypeError);
    expect(() => keyTimes(options)).toThrow(option);
  });
});
