import { join } from 'node:path';

import { Logger, type HttpException } from '@nestjs/common';
import { openDatabase, type Database } from '@countersign/storage';
import { startPostgres, type TestPostgres } from '@countersign/test-postgres';
import { testClock } from '@countersign/testing';

import { MissLimit, type Asker } from './miss-limit.js';
import { MissesRepository } from './misses.repository.js';

const migrations = join(import.meta.dirname, '../../migrations');

const asker = (id: string, user?: string): Asker => ({
  caller: { kind: 'service', issuer: 'https://auth.example', id, name: undefined },
  subject: user === undefined ? undefined : { kind: 'user', issuer: 'x', uri: user },
});

describe.each(['pglite', 'postgresql'] as const)('MissLimit on %s', (engine) => {
  let postgres: TestPostgres | undefined;
  let database: Database;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    postgres = engine === 'postgresql' ? await startPostgres() : undefined;
    database = await openDatabase({ migrations, url: await postgres?.url('census') });
  }, 60_000);
  afterEach(() => database.execute('TRUNCATE misses'));
  afterAll(async () => {
    await database.close();
    await postgres?.stop();
  });

  const start = () => {
    const clock = testClock();
    const options = { misses: 3, windowSeconds: 60, askers: 2 };
    return { clock, limit: new MissLimit(new MissesRepository(database), clock, options) };
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
  const miss = async (limit: MissLimit, who: Asker, times: number) => {
    for (let count = 0; count < times; count++) await limit.count(who);
  };
  /** Lets the open windows begin so many seconds earlier. */
  const age = (seconds: number) =>
    database.execute(`UPDATE misses SET since = since - make_interval(secs => $1::float8)`, [
      seconds,
    ]);

  it('refuses with 429 after so many misses, until the window is over', async () => {
    const { clock, limit } = start();
    await miss(limit, asker('a'), 2);
    expect(refusal(limit, asker('a'))).toBeUndefined();
    await age(20);
    await miss(limit, asker('a'), 1);
    const { status, retryAfter = 0 } = refusal(limit, asker('a')) ?? {};
    expect(status).toBe(429);
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(40);
    clock.advance('40s');
    expect(refusal(limit, asker('a'))).toBeUndefined();
  });

  it('counts anew in a new window', async () => {
    const { limit } = start();
    await miss(limit, asker('a'), 2);
    await age(61);
    await miss(limit, asker('a'), 2);
    expect(refusal(limit, asker('a'))).toBeUndefined();
  });

  it('counts each caller and each of its users on their own', async () => {
    const { limit } = start();
    await miss(limit, asker('a', 'u1'), 3);
    expect(refusal(limit, asker('a', 'u1'))).toBeDefined();
    expect(refusal(limit, asker('a', 'u2'))).toBeUndefined();
    expect(refusal(limit, asker('a'))).toBeUndefined();
    expect(refusal(limit, asker('b', 'u1'))).toBeUndefined();
  });

  it('counts over all replicas: each refuses from its first miss beyond the limit on', async () => {
    const [one, other] = [start().limit, start().limit];
    await miss(one, asker('a'), 3);
    expect(refusal(one, asker('a'))).toBeDefined();
    await miss(other, asker('a'), 1);
    expect(refusal(other, asker('a'))).toBeDefined();
  });

  it('remembers a bounded number of askers, and forgets windows that are over', async () => {
    const { limit } = start();
    await miss(limit, asker('a'), 3);
    await miss(limit, asker('b'), 3);
    await age(61);
    await miss(limit, asker('c'), 3);
    expect(refusal(limit, asker('a'))).toBeUndefined();
    expect(refusal(limit, asker('b'))).toBeDefined();
    expect(refusal(limit, asker('c'))).toBeDefined();
    const { rows } = await database.execute('SELECT asker FROM misses');
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain('auth.example');
  });
});
