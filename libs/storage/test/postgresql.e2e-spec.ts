import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startPostgres, type TestPostgres } from '@countersign/test-postgres';

import { openDatabase, withLeader, type Database } from '../src/index.js';
import { databaseContract } from './contract/database.contract.js';
import { until } from './contract/until.js';
import { writeMigrations } from './contract/write-migrations.js';

describe('a database on PostgreSQL', () => {
  let postgres: TestPostgres;
  let count = 0;
  beforeAll(async () => {
    postgres = await startPostgres();
  }, 60_000);
  afterAll(() => postgres.stop());

  const create = async () => {
    const url = await postgres.url(`contract_${count++}`);
    return (options = {}) => openDatabase({ ...options, url });
  };

  databaseContract(create);

  describe('shared by two processes', () => {
    let root: string;
    let replicas: Database[];
    beforeEach(async () => {
      root = mkdtempSync(join(tmpdir(), 'storage-replicas-'));
      replicas = [];
    });
    afterEach(async () => {
      await Promise.all(replicas.map((replica) => replica.close()));
      rmSync(root, { recursive: true });
    });

    it('migrates once when many start at the same time', async () => {
      const open = await create();
      const migrations = writeMigrations(root, [
        'create table slow (n int); select pg_sleep(0.2);',
        'insert into slow values (1)',
      ]);
      const starting = Array.from({ length: 5 }, () => open({ migrations }));
      replicas.push(...(await Promise.all(starting)));
      await expect(replicas[0]!.execute('select n from slow')).resolves.toMatchObject({
        rows: [{ n: 1 }],
      });
    }, 60_000);

    it('lets one lead at a time, and the next when it is done', async () => {
      const open = await create();
      replicas.push(await open(), await open());
      const [one, other] = replicas as [Database, Database];
      let finish = () => undefined as void;
      let isLeading = false;
      const leading = withLeader(one, 'rotation', () => {
        isLeading = true;
        return new Promise((resolve) => (finish = resolve));
      });
      await until(() => isLeading);

      const work = jest.fn(() => Promise.resolve());
      await expect(withLeader(other, 'rotation', work)).resolves.toBe(false);
      expect(work).not.toHaveBeenCalled();
      await expect(withLeader(other, 'clean-up', work)).resolves.toBe(true);

      finish();
      await expect(leading).resolves.toBe(true);
      await expect(withLeader(other, 'rotation', work)).resolves.toBe(true);
      expect(work).toHaveBeenCalledTimes(2);
    }, 60_000);

    it('gives up a statement that takes too long, and the connection with it', async () => {
      const url = await postgres.url('slow');
      const database = await openDatabase({ url, maxConnections: 1, queryTimeout: 100 });
      replicas.push(database);
      await expect(database.execute('select pg_sleep(60)')).rejects.toThrow('timeout');
      await expect(database.transaction((tx) => tx.execute('select pg_sleep(60)'))).rejects.toThrow(
        'timeout',
      );
      await expect(database.ping()).resolves.toBeUndefined();
    }, 60_000);

    it('hears what the other notifies', async () => {
      const open = await create();
      replicas.push(await open(), await open());
      const heard: (string | undefined)[] = [];
      await replicas[0]!.listen('news', (payload) => heard.push(payload));
      await replicas[1]!.execute(`select pg_notify('news', 'hello')`);
      await until(() => heard.length > 0);
      expect(heard).toEqual(['hello']);
    }, 60_000);
  });
});

describe('a PostgreSQL that is killed', () => {
  let postgres: TestPostgres;
  let database: Database;
  beforeAll(async () => {
    postgres = await startPostgres({ own: true });
    database = await openDatabase({ url: await postgres.url('killed') });
    await database.execute('create table numbers (n int)');
  }, 60_000);
  afterAll(async () => {
    await database.close();
    await postgres.stop();
  });

  const isBack = () =>
    database.ping().then(
      () => true,
      () => false,
    );

  it('refuses while it is away, and answers again without a restart of ours', async () => {
    await database.execute('insert into numbers values (1)');
    const cut = database.transaction(async (tx) => {
      await tx.execute('insert into numbers values (2)');
      await postgres.kill9();
      await tx.execute('insert into numbers values (3)');
    });
    await expect(cut).rejects.toThrow();
    await expect(database.ping()).rejects.toThrow();

    await postgres.restart();
    await until(isBack);
    const { rows } = await database.execute('select n from numbers');
    expect(rows).toEqual([{ n: 1 }]);
  }, 60_000);

  it('is listened to again, and says that something may have been missed', async () => {
    const heard: (string | undefined)[] = [];
    const stop = await database.listen('news', (payload) => heard.push(payload));
    await postgres.kill9();
    await postgres.restart();
    await until(() => heard.includes(undefined));
    await until(isBack);
    await database.execute(`select pg_notify('news', 'after')`);
    await until(() => heard.includes('after'));
    await stop();
  }, 60_000);

  it('does not keep a listener waiting that comes while it is away', async () => {
    await postgres.kill9();
    const heard: (string | undefined)[] = [];
    const stop = await database.listen('late', (payload) => heard.push(payload));
    await postgres.restart();
    await until(() => heard.includes(undefined));
    await until(isBack);
    await database.execute(`select pg_notify('late', 'after')`);
    await until(() => heard.includes('after'));
    await stop();
  }, 60_000);
});
