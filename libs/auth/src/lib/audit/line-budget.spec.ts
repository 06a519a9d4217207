import { testClock } from '@countersign/testing';

import { LineBudget } from './line-budget.js';

describe('LineBudget', () => {
  const clock = testClock();
  const spend = (budget: LineBudget, times: number) =>
    Array.from({ length: times }, () => budget.spend()).map(({ isGranted }) => isGranted);

  it('grants a burst, then so many per second, and counts what it suppressed', () => {
    const budget = new LineBudget(clock, 3, 2);
    expect(spend(budget, 5)).toEqual([true, true, true, false, false]);
    clock.advance(1);
    expect(budget.spend()).toEqual({ isGranted: true, suppressed: 2 });
    expect(budget.spend()).toEqual({ isGranted: true, suppressed: 0 });
    expect(budget.spend()).toEqual({ isGranted: false, suppressed: 1 });
  });

  it('saves up no more than a burst, and a clock that stands still earns nothing', () => {
    const budget = new LineBudget(clock, 2, 2);
    clock.advance('1h');
    expect(spend(budget, 4)).toEqual([true, true, false, false]);
    expect(spend(budget, 1)).toEqual([false]);
  });
});
