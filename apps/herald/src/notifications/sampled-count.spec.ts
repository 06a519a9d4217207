import { testClock } from '@countersign/testing';

import { SampledCount } from './sampled-count.js';

describe('SampledCount', () => {
  const start = () => {
    const clock = testClock();
    const state = { asked: [] as string[], answer: () => Promise.resolve(5) };
    const count = (key: string) => {
      state.asked.push(key);
      return state.answer();
    };
    return { clock, state, sampled: new SampledCount({ clock, count }) };
  };

  it('counts once a second, and what is added at once', async () => {
    const { clock, state, sampled } = start();
    expect(await Promise.all([sampled.of('a'), sampled.of('a')])).toEqual([5, 5]);
    sampled.add('a');
    expect(await sampled.of('a')).toBe(6);
    expect(state.asked).toEqual(['a']);
    clock.advance('1s');
    expect(await sampled.of('a')).toBe(5);
    expect(state.asked).toEqual(['a', 'a']);
  });

  it('counts each key on its own', async () => {
    const { state, sampled } = start();
    await sampled.of('a');
    await sampled.of('b');
    sampled.add('b');
    expect([await sampled.of('a'), await sampled.of('b')]).toEqual([5, 6]);
    expect(state.asked).toEqual(['a', 'b']);
  });

  it('fails as counting does, and counts again next time', async () => {
    const { state, sampled } = start();
    state.answer = () => Promise.reject(new Error('down'));
    await expect(sampled.of('a')).rejects.toThrow('down');
    state.answer = () => Promise.resolve(7);
    expect(await sampled.of('a')).toBe(7);
  });

  it('remembers a bounded number of keys', async () => {
    const { state, sampled } = start();
    for (let key = 0; key <= 1_000; key++) await sampled.of(`${key}`);
    await sampled.of('1000');
    await sampled.of('0');
    expect(state.asked.slice(1_001)).toEqual(['0']);
  });
});
