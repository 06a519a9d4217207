import type { VersionChange } from './versions.js';
import { WatchedTopic } from './watched-topic.js';

describe('WatchedTopic', () => {
  let applied: [version: number, isContinuous: boolean][];
  let next: () => Promise<void>;
  let topic: WatchedTopic;
  let turn: number;
  beforeEach(() => {
    applied = [];
    next = async () => undefined;
    turn = 0;
    topic = new WatchedTopic(async (version: number, { isContinuous }: VersionChange) => {
      applied.push([version, isContinuous]);
      await next();
    });
  });

  const sighting = (version: number, at = (turn += 1)) => ({
    seen: { version, stamp: `${version}`, table: 't' },
    asked: { turn: at, at: at * 1000 },
  });

  it('applies the first version anew and later ones on top, each once', async () => {
    for (const version of [4, 4, 5, 5, 7]) await topic.observe(sighting(version));
    expect(applied).toEqual([
      [4, false],
      [5, true],
      [7, true],
    ]);
    expect(topic.upToDate).toEqual({ turn: 5, at: 5000 });
  });

  it('does not take an answer that was overtaken for a step backwards', async () => {
    const early = sighting(4);
    await topic.observe(sighting(5));
    await topic.observe(early);
    expect(applied).toEqual([[5, false]]);
    expect(topic.upToDate.turn).toBe(2);
  });

  it('starts anew after a break, also when the version is the same', async () => {
    await topic.observe(sighting(4));
    topic.breakOff();
    await topic.observe(sighting(4));
    await topic.observe(sighting(5));
    expect(applied).toEqual([
      [4, false],
      [4, false],
      [5, true],
    ]);
  });

  it.each([
    ['that fails', true],
    ['that succeeds', false],
  ])('starts anew after a break during an apply %s', async (_what, fails) => {
    await topic.observe(sighting(4));
    next = async () => {
      topic.breakOff();
      if (fails) throw new Error('down');
    };
    await topic.observe(sighting(5)).catch(() => undefined);
    next = async () => undefined;
    await topic.observe(sighting(6));
    expect(applied.at(-1)).toEqual([6, false]);
  });

  it('is not up to date by an apply that failed', async () => {
    next = () => Promise.reject(new Error('down'));
    await expect(topic.observe(sighting(4))).rejects.toThrow('down');
    expect(topic.upToDate.at).toBe(Number.NEGATIVE_INFINITY);
    next = async () => undefined;
    await topic.observe(sighting(4));
    expect(applied).toEqual([
      [4, false],
      [4, false],
    ]);
  });

  it('applies the newest of what it saw while it was busy, and skips the rest', async () => {
    let finish: () => void = () => undefined;
    next = () => new Promise((resolve) => (finish = resolve));
    const busy = topic.observe(sighting(4));
    const waiting = [5, 6, 7].map((version) => topic.observe(sighting(version)));
    next = async () => undefined;
    finish();
    await Promise.all([busy, ...waiting, topic.settled()]);
    expect(applied.map(([version]) => version)).toEqual([4, 7]);
  });
});
