import { createEventIds, firstIdAt } from './event-ids.js';

describe('createEventIds', () => {
  it('makes UUIDs of version 7', () => {
    expect(createEventIds()(1_795_000_000.123)).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it('sorts by time, and within one millisecond by order', () => {
    const next = createEventIds();
    const ids = [5, 5, 5, 5.001, 6, 1e9, 1e10].map(next);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('makes other ids in another process', () => {
    expect(createEventIds()(1)).not.toBe(createEventIds()(1));
  });

  it('bounds a time from below', () => {
    const next = createEventIds();
    expect(firstIdAt(5) < next(5)).toBe(true);
    expect(firstIdAt(5) > next(4.999)).toBe(true);
  });

  it.each([-1, -Infinity, 1e99])('makes an id of a time that is none: %s', (at) => {
    expect(firstIdAt(at)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-0000-0000-000000000000$/);
  });
});
