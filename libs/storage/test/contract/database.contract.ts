import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { sql } from 'drizzle-orm';

import type { Database, DatabaseOptions } from '../../src/index.js';
import { withLeader } from '../../src/index.js';
import { until } from './until.js';
import { writeMigrations } from './write-migrations.js';

/** Opens one and the same database, empty at first; on PGlite only one at a time. */
export type OpenDatabase = (
  options?: Pick<DatabaseOptions, 'migrations' | 'maxConnections'>,
) => Promise<Database>;

/** What the apps rely on, whatever the engine. `create` makes a new empty database. */
export function databaseContract(create: () => Promise<OpenDatabase>): void {
  describe('statements, transactions and notifications', () => {
    let database: Database;

    beforeAll(async () => {
      database = await (await create())();
      await database.execute('create table numbers (n int primary key)');
    }, 60_000);
    afterAll(() => database.close());
    beforeEach(() => database.execute('delete from numbers'));

    const numbers = async () =>
      (await database.execute<{ n: number }>('select n from numbers order by n')).rows.map(
        (row) => row.n,
      );

    it('commits a transaction when its work is done', async () => {
      await database.transaction(async (tx) => {
        await tx.execute('insert into numbers values ($1)', [1]);
        await tx.db.execute(sql`insert into numbers values (${2})`);
      });
      expect(await numbers()).toEqual([1, 2]);
    });

    it('rolls a transaction back when its work fails', async () => {
      const work = database.transaction(async (tx) => {
        await tx.execute('insert into numbers values ($1)', [1]);
        await tx.db.execute(sql`insert into numbers values (${2})`);
        throw new Error('changed my mind');
      });
      await expect(work).rejects.toThrow('changed my mind');
      expect(await numbers()).toEqual([]);
    });

    it('rolls a transaction back when one of its statements fails', async () => {
      const work = database.transaction(async (tx) => {
        await tx.execute('insert into numbers values (1)');
        await tx.execute('insert into numbers values (1)').catch(() => undefined);
        await tx.execute('insert into numbers values (2)');
      });
      await expect(work).rejects.toThrow();
      expect(await numbers()).toEqual([]);
    });

    it('lets one of many that insert the same key win', async () => {
      const inserts = Array.from({ length: 20 }, () =>
        database.execute('insert into numbers values (7) on conflict do nothing'),
      );
      const counts = (await Promise.all(inserts)).map(({ rowCount }) => rowCount);
      expect(counts.reduce((sum, count) => sum + count)).toBe(1);
    });

    it('runs several statements at once and returns the rows of all', async () => {
      const script =
        'insert into numbers values (1); select n from numbers; select n + 1 as n from numbers';
      await expect(database.execute(script)).resolves.toMatchObject({ rows: [{ n: 1 }, { n: 2 }] });
    });

    it('stays usable after a script that failed inside its own transaction', async () => {
      const script = 'BEGIN; insert into numbers values (1); select nonsense; COMMIT;';
      for (let n = 0; n < 12; n++) {
        await expect(database.execute(script)).rejects.toThrow('nonsense');
      }
      expect(await numbers()).toEqual([]);
      await database.execute('insert into numbers values (2)');
      expect(await numbers()).toEqual([2]);
    });

    it('counts the rows a statement changed', async () => {
      await database.execute('insert into numbers values (1), (3)');
      const changed = await database.execute('update numbers set n = n + $1', [1]);
      expect(changed.rowCount).toBe(2);
    });

    it('tells a listener when a notification commits, and not when it is rolled back', async () => {
      const heard: (string | undefined)[] = [];
      const stop = await database.listen('numbers', (payload) => heard.push(payload));
      const undone = database.transaction(async (tx) => {
        await tx.execute('select pg_notify($1, $2)', ['numbers', 'undone']);
        throw new Error('undo');
      });
      await expect(undone).rejects.toThrow('undo');
      await database.transaction(async (tx) => {
        await tx.execute('select pg_notify($1, $2)', ['numbers', 'first']);
        await tx.execute('select pg_notify($1, $2)', ['elsewhere', 'not ours']);
      });
      await database.execute('select pg_notify($1, $2)', ['numbers', 'second']);
      await until(() => heard.length >= 2);
      expect(heard).toEqual(['first', 'second']);

      await stop();
      await database.execute('select pg_notify($1, $2)', ['numbers', 'third']);
      const again: (string | undefined)[] = [];
      const stopAgain = await database.listen('numbers', (payload) => again.push(payload));
      await database.execute('select pg_notify($1, $2)', ['numbers', 'fourth']);
      await until(() => again.length >= 1);
      expect([heard, again]).toEqual([['first', 'second'], ['fourth']]);
      await stopAgain();
    });

    it('tells every listener of a channel', async () => {
      const heard: string[] = [];
      const stops = await Promise.all([
        database.listen('shared', () => heard.push('a')),
        database.listen('shared', () => heard.push('b')),
      ]);
      await database.execute(`select pg_notify('shared', '')`);
      await until(() => heard.length >= 2);
      expect(heard.sort()).toEqual(['a', 'b']);
      await stops[0]();
      await database.execute(`select pg_notify('shared', '')`);
      await until(() => heard.length >= 3);
      expect(heard.sort()).toEqual(['a', 'b', 'b']);
      await stops[1]();
    });

    it.each(['', 'A', 'a-b', 'a; drop table numbers', 'ü'])(
      'refuses to listen on "%s"',
      async (channel) => {
        const listening = Promise.resolve().then(() => database.listen(channel, () => undefined));
        await expect(listening).rejects.toThrow(TypeError);
      },
    );

    it('runs a leader’s work, and says so', async () => {
      const work = jest.fn(() => Promise.resolve());
      await expect(withLeader(database, 'work', work)).resolves.toBe(true);
      expect(work).toHaveBeenCalledTimes(1);
    });

    it('lets go of the lead when the work fails', async () => {
      const failing = withLeader(database, 'work', () => Promise.reject(new Error('tired')));
      await expect(failing).rejects.toThrow('tired');
      await expect(withLeader(database, 'work', () => Promise.resolve())).resolves.toBe(true);
    });

    it('answers no more when it is closed, however often', async () => {
      const other = await (await create())();
      await Promise.all([other.close(), other.close()]);
      await expect(other.ping()).rejects.toThrow();
    }, 60_000);
  });

  describe('migrations', () => {
    let root: string;
    let folder: string;
    let open: OpenDatabase;
    const step = {
      first: 'create table people (id serial primary key, name text not null)',
      second: 'alter table people add column team text',
    };

    beforeEach(async () => {
      root = mkdtempSync(join(tmpdir(), 'storage-contract-'));
      folder = writeMigrations(join(root, 'migrations'), [step.first]);
      open = await create();
    }, 60_000);
    afterEach(() => rmSync(root, { recursive: true }));

    const openAndClose = async () => (await open({ migrations: folder })).close();

    it('applies one that was added later, once, and keeps the rows', async () => {
      const first = await open({ migrations: folder });
      await first.execute(`insert into people (name) values ('Ada')`);
      await first.close();
      writeMigrations(folder, [step.first, step.second]);
      await openAndClose();

      const database = await open({ migrations: folder });
      const { rows } = await database.execute('select name, team from people');
      await database.close();
      expect(rows).toEqual([{ name: 'Ada', team: null }]);
    }, 60_000);

    it('refuses a schema newer than the code, and changes nothing', async () => {
      writeMigrations(folder, [step.first, step.second]);
      await openAndClose();
      writeMigrations(folder, [step.first]);
      await expect(open({ migrations: folder })).rejects.toMatchObject({ code: 'SCHEMA_NEWER' });

      writeMigrations(folder, [step.first, step.second]);
      const database = await open({ migrations: folder });
      await expect(database.execute('select team from people')).resolves.toMatchObject({
        rows: [],
      });
      await database.close();
    }, 60_000);

    it('applies nothing of one that fails, and opens once it is mended', async () => {
      const half = `${step.second};--> statement-breakpoint\ncreate table nonsense (`;
      writeMigrations(folder, [step.first, half]);
      await expect(open({ migrations: folder })).rejects.toThrow();

      writeMigrations(folder, [step.first, step.second]);
      const database = await open({ migrations: folder });
      await expect(database.execute('select team from people')).resolves.toMatchObject({
        rows: [],
      });
      await database.close();
    }, 60_000);
  });
}
