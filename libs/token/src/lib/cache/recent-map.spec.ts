import fc from 'fast-check';

import { RecentMap } from './recent-map.js';

describe('RecentMap', () => {
  it('holds what was asked for lately, and forgets the rest', () => {
    const map = new RecentMap<number>(4);
    for (const [key, value] of Object.entries({ a: 1, b: 2, c: 3 })) map.set(key, value);
    expect(map.get('a')).toBe(1);
    map.set('d', 4);
    expect([map.get('b'), map.get('a'), map.get('d')]).toEqual([undefined, 1, 4]);
  });

  it('replaces and deletes, in whichever half a key stands', () => {
    const map = new RecentMap<number>(4);
    for (const [key, value] of Object.entries({ a: 1, b: 2, c: 3 })) map.set(key, value);
    map.set('a', 5);
    expect([map.get('a'), map.size]).toEqual([5, 3]);
    map.delete('a');
    map.delete('b');
    expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([
      undefined,
      undefined,
      3,
      1,
    ]);
  });

  it('never holds more than its bound, nor less than the last half of it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 9 }),
        fc.array(fc.nat(20), { maxLength: 200 }),
        (max, keys) => {
          const map = new RecentMap<number>(max);
          const lately: string[] = [];
          for (const key of keys.map(String)) {
            if (map.get(key) === undefined) map.set(key, Number(key));
            lately.push(key);
            expect(map.size).toBeLessThanOrEqual(max);
            expect(map.get(key)).toBe(Number(key));
          }
          const last = [...new Set(lately.reverse())].slice(0, Math.floor(max / 2));
          for (const key of last) expect(map.get(key)).toBe(Number(key));
        },
      ),
    );
  });
});
