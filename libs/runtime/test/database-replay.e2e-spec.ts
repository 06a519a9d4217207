import { openDatabase, type Database } from '@countersign/storage';
import { testEngines, type TestDatabases } from '@countersign/test-postgres';
import type { Clock } from '@countersign/token';

import { databaseReplay, replayMigrations } from '../src/index.js';

const inAMinute = () => Date.now() / 1000 + 60;

describe.each(testEngines)('databaseReplay on $engine', ({ start }) => {
  let databases: TestDatabases;
  let db: Database;
  let elapsed = 0;
  const clock: Clock = { now: () => Date.now() / 1000, monotonic: () => elapsed };
  beforeAll(async () => {
    databases = await start();
    db = await openDatabase({ url: await databases.url('replay'), migrations: [replayMigrations] });
  }, 60_000);
  afterAll(async () => {
    await db.close();
    await databases.stop();
  });
  beforeEach(() => db.execute('delete from used_tokens'));

  const count = async (): Promise<number> => {
    const { rows } = await db.execute<{ n: number }>('select count(*)::int as n from used_tokens');
    return rows[0]!.n;
  };
  const insertExpired = (rows: number, ago: number) =>
    db.execute(
      `insert into used_tokens select decode(md5(n::text), 'hex'), extract(epoch from now())::bigint - $2
       from generate_series(1, $1::int) as n`,
      [rows, ago],
    );
  const until = async (holds: () => Promise<boolean>): Promise<void> => {
    while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
  };

  it('lets one of many replicas use a token, whoever comes first', async () => {
    const replicas = Array.from({ length: 8 }, () => databaseReplay(db));
    const answers = await Promise.all(replicas.map((store) => store.use('a', 'b', inAMinute())));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await databaseReplay(db).use('a', 'b', inAMinute())).toBe(false);
    expect(await databaseReplay(db).use('b', 'b', inAMinute())).toBe(true);
  });

  it('takes a jti of any length and with any character', async () => {
    const store = databaseReplay(db);
    for (const jti of ['x'.repeat(8000), `'; drop table used_tokens; --`, '\u{1F511}', 'a\0b'])
      expect([await store.use('a', jti, inAMinute()), await store.use('a', jti, 0)]).toEqual([
        true,
        false,
      ]);
  });

  it('deletes what has long expired, a batch at a time', async () => {
    await insertExpired(5, 400);
    const store = databaseReplay(db, { clock, batch: 3 });
    await store.use('a', '1', inAMinute());
    expect(await count()).toBe(6);
    elapsed += 60_000;
    await store.use('a', '2', inAMinute());
    await until(async () => (await count()) === 4);
    // The clean-up may not know yet that it is done: it is asked again until it runs.
    await until(async () => {
      elapsed += 1000;
      await store.use('a', '2', inAMinute());
      return (await count()) === 2;
    });
  });

  it('keeps what has just expired: another replica may be slow', async () => {
    await insertExpired(1, 200);
    const store = databaseReplay(db, { clock });
    elapsed += 60_000;
    await store.use('a', '1', inAMinute());
    await store.use('a', '2', inAMinute());
    expect(await count()).toBe(3);
  });

  it('rejects when the database is away, and reports a clean-up that failed', async () => {
    const away = await openDatabase({ migrations: [replayMigrations] });
    const errors: unknown[] = [];
    const onCleanUpError = (error: unknown) => errors.push(error);
    const store = databaseReplay(away, { clock, onCleanUpError });
    await away.execute('alter table used_tokens rename column expires_at to gone');
    await expect(store.use('a', '1', inAMinute())).rejects.toThrow();
    await away.execute('alter table used_tokens rename column gone to expires_at');
    await away.execute(
      "create function no() returns trigger language plpgsql as $$begin raise 'no'; end$$",
    );
    await away.execute(
      'create trigger no before delete on used_tokens for each row execute function no()',
    );
    await away.execute("insert into used_tokens values ('old', 0)");
    elapsed += 60_000;
    expect(await store.use('a', '2', inAMinute())).toBe(true);
    await until(() => Promise.resolve(errors.length === 1));
    await away.close();
  }, 30_000);
});
