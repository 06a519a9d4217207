import { testClock } from '@countersign/testing';

import { Refreshes } from './refreshes.js';

describe('Refreshes', () => {
  const clock = testClock();
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  let refresh: jest.Mock<Promise<void>, []>;
  let refreshes: Refreshes;
  beforeEach(() => {
    refresh = jest.fn(async () => undefined);
    refreshes = new Refreshes(refresh, clock, { apart: 100, rememberFor: 1_000 });
    clock.advance(60);
  });

  it('is one for all who ask before it starts', async () => {
    await Promise.all(Array.from({ length: 500 }, (_, n) => refreshes.refreshFor(`id-${n}`)));
    expect(refresh).toHaveBeenCalledTimes(1);
  });

  it('is another one for who asks while it runs: it may not see what that one means', async () => {
    let finish: () => void = () => undefined;
    refresh.mockImplementationOnce(() => new Promise((resolve) => (finish = resolve)));
    const first = refreshes.refreshFor('a');
    await settle();
    clock.advance(1);
    const second = refreshes.refreshFor('b');
    await settle();
    expect(refresh).toHaveBeenCalledTimes(2);
    finish();
    await Promise.all([first, second]);
  });

  it('keeps a distance', async () => {
    jest.useFakeTimers();
    try {
      await refreshes.refreshFor('a');
      const next = refreshes.refreshFor('b');
      await jest.advanceTimersByTimeAsync(99);
      expect(refresh).toHaveBeenCalledTimes(1);
      await jest.advanceTimersByTimeAsync(1);
      await next;
      expect(refresh).toHaveBeenCalledTimes(2);
    } finally {
      jest.useRealTimers();
    }
  });

  it('remembers an id for a moment, and asks again after it', async () => {
    await refreshes.refreshFor('a');
    clock.advance(0.9);
    await refreshes.refreshFor('a');
    expect(refresh).toHaveBeenCalledTimes(1);
    clock.advance(0.2);
    await refreshes.refreshFor('a');
    expect(refresh).toHaveBeenCalledTimes(2);
  });

  it('rejects when nobody can tell, and does not remember that', async () => {
    refresh.mockRejectedValueOnce(new Error('down'));
    await expect(refreshes.refreshFor('a')).rejects.toThrow('down');
    clock.advance(1);
    await refreshes.refreshFor('a');
    expect(refresh).toHaveBeenCalledTimes(2);
  });

  it('remembers so many ids and no more: the oldest goes', async () => {
    const few = new Refreshes(refresh, clock, { mostRemembered: 2, rememberFor: 10_000 });
    for (const id of ['a', 'b', 'c']) {
      await few.refreshFor(id);
      clock.advance(1);
    }
    await few.refreshFor('b');
    await few.refreshFor('c');
    expect(refresh).toHaveBeenCalledTimes(3);
    await few.refreshFor('a');
    expect(refresh).toHaveBeenCalledTimes(4);
  });
});
