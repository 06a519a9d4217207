import { Logger, type HttpException } from '@nestjs/common';
import { testClock } from '@countersign/testing';

import { MissLimit, type Asker } from './miss-limit.js';

const asker = (id: string, user?: string): Asker => ({
  caller: { kind: 'service', issuer: 'https://auth.example', id, name: undefined },
  subject: user === undefined ? undefined : { kind: 'user', issuer: 'x', uri: user },
});

describe('MissLimit', () => {
  beforeAll(() => Logger.overrideLogger(false));

  const start = () => {
    const clock = testClock();
    return {
      clock,
      limit: new MissLimit(clock, { misses: 3, windowMs: 60_000, askers: 2 }),
    };
  };
  const refusal = (limit: MissLimit, who: Asker) => {
    try {
      limit.check(who);
      return undefined;
    } catch (error) {
      const { retryAfter } = error as { retryAfter?: number };
      return { status: (error as HttpException).getStatus(), retryAfter };
    }
  };
  const miss = (limit: MissLimit, who: Asker, times: number) => {
    for (let count = 0; count < times; count++) limit.count(who);
  };

  it('refuses with 429 after so many misses, until the window is over', () => {
    const { clock, limit } = start();
    miss(limit, asker('a'), 2);
    expect(refusal(limit, asker('a'))).toBeUndefined();
    miss(limit, asker('a'), 1);
    clock.advance('20s');
    expect(refusal(limit, asker('a'))).toEqual({ status: 429, retryAfter: 40 });
    clock.advance('40s');
    expect(refusal(limit, asker('a'))).toBeUndefined();
  });

  it('counts each caller and each of its users on their own', () => {
    const { limit } = start();
    miss(limit, asker('a', 'u1'), 3);
    expect(refusal(limit, asker('a', 'u1'))).toBeDefined();
    expect(refusal(limit, asker('a', 'u2'))).toBeUndefined();
    expect(refusal(limit, asker('a'))).toBeUndefined();
    expect(refusal(limit, asker('b', 'u1'))).toBeUndefined();
  });

  it('remembers a bounded number of askers', () => {
    const { limit } = start();
    miss(limit, asker('a'), 3);
    miss(limit, asker('b'), 3);
    miss(limit, asker('c'), 3);
    expect(refusal(limit, asker('a'))).toBeUndefined();
    expect(refusal(limit, asker('b'))).toBeDefined();
    expect(refusal(limit, asker('c'))).toBeDefined();
  });
});
