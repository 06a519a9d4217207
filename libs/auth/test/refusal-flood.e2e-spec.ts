import 'reflect-metadata';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { testClock } from '@countersign/testing';

import { run, type Running } from './adapters.js';
import { censusModule } from './census.module.js';

describe('a flood of refusals', () => {
  const clock = testClock();
  let running: Running;
  beforeAll(async () => {
    running = await run(censusModule([], clock), new FastifyAdapter());
  });
  afterAll(() => running.app.close());

  const refuse = async (times: number): Promise<number[]> => {
    const statuses: number[] = [];
    for (let n = 0; n < times; n++)
      statuses.push((await fetch(`${running.url}/user/principal`)).status);
    return statuses;
  };

  it('is refused in full and logged as a sample that says how much it leaves out', async () => {
    expect(new Set(await refuse(1_010))).toEqual(new Set([401]));
    expect(running.decisions).toHaveLength(1_000);
    clock.advance(1);
    await refuse(1);
    expect(running.decisions.at(-1)).toMatchObject({ event: 'access.refused', suppressed: 10 });
    await refuse(1);
    expect(running.decisions.at(-1)).not.toHaveProperty('suppressed');
  });
});
