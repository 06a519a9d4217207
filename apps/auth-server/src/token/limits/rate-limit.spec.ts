import fc from 'fast-check';

import { networkOf } from './network-of.js';
import { RateLimit } from './rate-limit.js';

function aLimit(perMinute: number, maxEntries = 100) {
  let time = 5_000;
  const clock = { now: () => 0, monotonic: () => time };
  const limit = new RateLimit({ perMinute, maxEntries, clock });
  return { limit, pass: (milliseconds: number) => void (time += milliseconds) };
}

describe('RateLimit', () => {
  it('lets a minute of events through at once, then says how long to wait', () => {
    const { limit, pass } = aLimit(6);
    for (let n = 0; n < 6; n += 1) expect(limit.take('a')).toBe(0);
    expect(limit.take('a')).toBeGreaterThan(0);
    const wait = limit.take('a');
    expect(wait).toBeLessThanOrEqual(10);
    pass(wait * 1000);
    expect(limit.take('a')).toBe(0);
    expect(limit.take('a')).toBeGreaterThan(0);
  });

  it('keeps keys apart', () => {
    const { limit } = aLimit(1);
    expect([limit.take('a'), limit.take('b')]).toEqual([0, 0]);
    expect(limit.wait('a')).toBeGreaterThan(0);
    expect(limit.wait('c')).toBe(0);
  });

  it('counts nothing of what it refuses: nobody is locked out for longer by trying', () => {
    const { limit, pass } = aLimit(2);
    for (let n = 0; n < 1_000; n += 1) limit.take('a');
    pass(60_000);
    expect([limit.take('a'), limit.take('a')]).toEqual([0, 0]);
  });

  it('lets everything through at 0', () => {
    const { limit } = aLimit(0);
    for (let n = 0; n < 1_000; n += 1) expect(limit.take('a')).toBe(0);
    expect(limit.size).toBe(0);
  });

  it('remembers so many keys and no more, forgetting the quiet first', () => {
    const { limit } = aLimit(2, 10);
    limit.take('busy');
    for (let n = 0; n < 1_000; n += 1) {
      limit.take(`other-${n}`);
      limit.take('busy');
      expect(limit.size).toBeLessThanOrEqual(10);
    }
    expect(limit.wait('busy')).toBeGreaterThan(0);
  });

  it('forgets who has been quiet for long enough', () => {
    const { limit, pass } = aLimit(60, 1_000);
    for (let n = 0; n < 500; n += 1) limit.take(`key-${n}`);
    pass(60_000);
    for (let n = 0; n < 500; n += 1) limit.take(`new-${n}`);
    expect(limit.size).toBeLessThanOrEqual(500);
  });

  it('never lets more than two minutes of events through in one minute', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), gaps, (perMinute, waits) => {
        const { limit, pass } = aLimit(perMinute);
        let time = 0;
        const passed: number[] = [];
        for (const wait of waits) {
          pass(wait);
          time += wait;
          if (limit.take('a') === 0) passed.push(time);
        }
        for (const from of passed) {
          const within = passed.filter((at) => at >= from && at < from + 60_000);
          expect(within.length).toBeLessThanOrEqual(2 * perMinute);
        }
      }),
    );
  });
});

describe('networkOf', () => {
  it.each([
    ['an IPv4 address', '192.0.2.7', '192.0.2.7'],
    ['an IPv4 address written as IPv6', '::ffff:192.0.2.7', '192.0.2.7'],
    ['the same in capitals', '::FFFF:192.0.2.7', '192.0.2.7'],
    ['an IPv6 address', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['its neighbour', '2001:db8:1:2:ffff::1', '2001:db8:1:2::/64'],
    ['its neighbour in another spelling', '2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['one with zeros left out at its start', '::1', '0:0:0:0::/64'],
    ['one with zeros left out early', '2001::5:6:7:8', '2001:0:0:0::/64'],
    ['an IPv4 address at the end', '64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
    ['one with a zone', 'fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['nothing', '', 'unknown'],
    ['a name', 'evil.example', 'unknown'],
    ['what only looks mapped', '::ffff:999.0.2.7', 'unknown'],
  ])('reads %s', (_what, address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
