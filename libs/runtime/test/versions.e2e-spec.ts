import { openDatabase, type Database } from '@countersign/storage';
import { testEngines, type TestDatabases } from '@countersign/test-postgres';
import { testClock, until } from '@countersign/testing';

import { Versions, versionsMigrations, type VersionChange } from '../src/index.js';

describe.each(testEngines)('Versions on $engine', ({ start }) => {
  let databases: TestDatabases;
  let database: Database;
  let count = 0;
  const made: Versions[] = [];
  const clock = testClock();

  /** A process of its own, as far as `Versions` can tell. */
  const aProcess = (times = {}) => {
    const versions = new Versions(database, clock, { pollEvery: 60_000, ...times });
    made.push(versions);
    return versions;
  };
  const bump = (versions: Versions) => database.transaction((tx) => versions.bump(tx, 'registry'));

  beforeAll(async () => {
    databases = await start();
  }, 60_000);
  afterAll(() => databases.stop());
  beforeEach(async () => {
    const url = await databases.url(`versions_${count++}`);
    database = await openDatabase({ url, migrations: [versionsMigrations] });
  }, 60_000);
  afterEach(async () => {
    for (const versions of made.splice(0)) await versions.onApplicationShutdown();
    await database.close();
  });

  it('counts per topic, within the transaction', async () => {
    const versions = aProcess();
    expect([await bump(versions), await bump(versions)]).toEqual([1, 2]);
    const undone = database.transaction(async (tx) => {
      await versions.bump(tx, 'registry');
      throw new Error('changed my mind');
    });
    await expect(undone).rejects.toThrow('changed my mind');
    expect(await versions.read(database, 'registry')).toBe(2);
    expect(await versions.read(database, 'keys')).toBe(0);
  });

  it('makes writers who look first take turns, and counts nothing for one who changes nothing', async () => {
    const versions = aProcess();
    const look = () => database.transaction((tx) => versions.lock(tx, 'registry'));
    expect([await look(), await look()]).toEqual([0, 0]);
    await bump(versions);
    expect(await look()).toBe(1);
  });

  it('applies once at once, then what another process changes, without waiting for a poll', async () => {
    const [writer, reader] = [aProcess(), aProcess()];
    const applied: [number, boolean][] = [];
    await bump(writer);
    await reader.watch('registry', async (version, { isContinuous }) => {
      applied.push([version, isContinuous]);
    });
    expect(applied).toEqual([[1, false]]);
    await bump(writer);
    await until(() => applied.length === 2);
    expect(applied[1]).toEqual([2, true]);
  });

  it('finds by polling what no notification told', async () => {
    const reader = aProcess({ pollEvery: 5 });
    const applied: number[] = [];
    await reader.watch('keys', async (version) => void applied.push(version));
    await database.execute(`insert into versions values ('keys', 7)`);
    await until(() => applied.includes(7));
  });

  it('rejects when the first apply fails, and may then be asked again', async () => {
    const versions = aProcess();
    await expect(
      versions.watch('keys', () => Promise.reject(new Error('no keys'))),
    ).rejects.toThrow('no keys');
    await versions.watch('keys', async () => undefined);
    expect(versions.isFresh('keys')).toBe(true);
  });

  it('refuses a second watcher of one topic', async () => {
    const versions = aProcess();
    await versions.watch('keys', async () => undefined);
    await expect(versions.watch('keys', async () => undefined)).rejects.toThrow(TypeError);
  });

  it('applies one at a time, and several changes as one', async () => {
    const versions = aProcess();
    const applied: number[] = [];
    let running = 0;
    let most = 0;
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await versions.watch('registry', async (version) => {
      most = Math.max(most, (running += 1));
      if (version > 0) await held;
      applied.push(version);
      running -= 1;
    });
    for (let n = 0; n < 5; n += 1) await bump(versions);
    const caughtUp = versions.refresh('registry');
    release();
    await caughtUp;
    expect(most).toBe(1);
    expect(applied.at(-1)).toBe(5);
    expect(applied.length).toBeLessThan(5);
  });

  it('retries a failing apply, and knows itself outdated meanwhile', async () => {
    const versions = aProcess({ pollEvery: 5 });
    let isBroken = false;
    let applied = 0;
    await versions.watch('registry', async (version) => {
      if (isBroken) throw new Error('no');
      applied = version;
    });
    isBroken = true;
    await bump(versions);
    await expect(versions.refresh('registry')).rejects.toThrow('could not be brought up to date');
    clock.advance(29);
    expect(versions.isFresh('registry')).toBe(true);
    clock.advance(1);
    expect(versions.isFresh('registry')).toBe(false);
    isBroken = false;
    await until(() => applied === 1);
    await until(() => versions.isFresh('registry'));
  });

  it('does not let a topic that takes long hold up another', async () => {
    const versions = aProcess();
    const seen: number[] = [];
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await versions.watch('registry', (version) => (version > 0 ? held : Promise.resolve()));
    await versions.watch('keys', async (version) => void seen.push(version));
    await bump(versions);
    await database.transaction((tx) => versions.bump(tx, 'keys'));
    await until(() => seen.includes(1));
    release();
  });

  it.each<[string, (database: Database) => Promise<unknown>]>([
    ['went backwards', (db) => db.execute(`update versions set version = 2`)],
    [
      'stands where it stood, by another way',
      (db) => db.execute('update versions set version = 3'),
    ],
    [
      'was made anew, and is ahead',
      (db) =>
        db.execute(
          `drop table versions; create table versions (topic text primary key, version bigint);
           insert into versions values ('registry', 9)`,
        ),
    ],
  ])('starts anew when the database %s', async (_what, restore) => {
    const versions = aProcess();
    const changes: VersionChange[] = [];
    for (let n = 0; n < 3; n += 1) await bump(versions);
    await versions.watch('registry', async (_version, change) => void changes.push(change));
    await restore(database);
    await versions.refresh('registry');
    expect(changes).toEqual([{ isContinuous: false }, { isContinuous: false }]);
    await bump(versions);
    await versions.refresh('registry');
    expect(changes[2]).toEqual({ isContinuous: true });
  });

  it('knows nothing of a topic it does not watch', () => {
    expect(aProcess().isFresh('revocations')).toBe(false);
  });

  it('is stale, and says so, when the database is gone', async () => {
    const versions = aProcess();
    await versions.watch('registry', async () => undefined);
    await database.close();
    await expect(versions.refresh('registry')).rejects.toThrow();
    clock.advance(30);
    expect(versions.isFresh('registry')).toBe(false);
  });
});
