import { join } from 'node:path';

import { openDatabase, type Database } from '@countersign/storage';
import { startPostgres, type TestPostgres } from '@countersign/test-postgres';

import type { ListedUser } from './user-documents.js';
import { refusedOr, UsersRepository, type UserMembers } from './users.repository.js';
import type { User } from './users.table.js';

const migrations = join(import.meta.dirname, '../../migrations');
const adasMembers: UserMembers = {
  name: 'Ada',
  email: 'ada@example.com',
  team: 'blue',
  role: 'member',
};
const ada: ListedUser = { id: 21, ...adasMembers };
const max: ListedUser = {
  id: Number.MAX_SAFE_INTEGER,
  name: 'Max',
  email: 'max@example.com',
  team: 'green',
  role: 'administrator',
};

describe.each(['pglite', 'postgresql'] as const)('UsersRepository on %s', (engine) => {
  let postgres: TestPostgres | undefined;
  let database: Database;
  let users: UsersRepository;

  beforeAll(async () => {
    postgres = engine === 'postgresql' ? await startPostgres() : undefined;
    database = await openDatabase({ migrations, url: await postgres?.url('census') });
    users = new UsersRepository(database);
  }, 60_000);
  afterEach(() => database.execute('TRUNCATE users'));
  afterAll(async () => {
    await database.close();
    await postgres?.stop();
  });

  const update = (id: number, members: UserMembers) =>
    users.transaction((tx) => users.update(tx, id, members));
  const versionOf = async (id: number) => (await users.find(id))?.version ?? 0;
  const idsOf = (found: readonly User[]) => found.map(({ id }) => id);

  it('finds the users it was given, up to the largest number', async () => {
    await users.import([ada, max]);
    await expect(users.find(21)).resolves.toEqual({ ...ada, version: expect.any(Number) });
    await expect(users.find(Number.MAX_SAFE_INTEGER)).resolves.toMatchObject(max);
    await expect(users.find(7)).resolves.toBeUndefined();
  });

  it('tells of people only what visibility depends on', async () => {
    await users.import([ada, max]);
    const people = await users.findPeople([21, 7, undefined]);
    expect([...people]).toEqual([[21, { id: 21, team: 'blue', role: 'member' }]]);
    await expect(users.findPeople([undefined])).resolves.toEqual(new Map());
  });

  it('imports: changes known users, leaves the others, and gives a version only to who changed', async () => {
    await users.import([ada, max]);
    const [adas, maxs] = [await versionOf(ada.id), await versionOf(max.id)];
    await users.import([{ ...ada, team: 'green' }, max]);
    await expect(users.find(21)).resolves.toMatchObject({ ...ada, team: 'green' });
    expect(await versionOf(ada.id)).toBeGreaterThan(adas);
    expect(await versionOf(max.id)).toBe(maxs);
  });

  it('imports more users than one statement takes', async () => {
    const many = Array.from({ length: 1_201 }, (_, index) => ({
      ...ada,
      id: index + 1,
      email: `ada${index}@example.com`,
    }));
    await users.import(many);
    await expect(users.find(1_201)).resolves.toMatchObject({ id: 1_201 });
  });

  it.each([
    ['a number of zero', { ...max, id: 0 }, '23514'],
    ['an address that is taken', { ...max, email: 'ADA@example.com' }, '23505'],
  ])('imports all or none: refuses %s, and quotes nobody', async (_, wrong, sqlState) => {
    const refused = users.import([ada, wrong]);
    await expect(refused).rejects.toThrow(`The users could not be written (${sqlState})`);
    await expect(refused).rejects.not.toHaveProperty('cause');
    await expect(users.find(21)).resolves.toBeUndefined();
  });

  it('imports an empty list', async () => {
    await expect(users.import([])).resolves.toBeUndefined();
  });

  it('adds a user, and says which unique value is taken', async () => {
    const added = await users.insert(5, adasMembers);
    expect(added).toEqual({ ...adasMembers, id: 5, version: expect.any(Number) });
    await expect(users.insert(5, { ...adasMembers, email: 'new@example.com' })).resolves.toBe(
      'id-taken',
    );
    await expect(users.insert(6, { ...adasMembers, email: 'ADA@Example.com' })).resolves.toBe(
      'address-taken',
    );
  });

  it('gives every change a version that was never given before', async () => {
    await users.insert(5, adasMembers);
    const first = await versionOf(5);
    const { version } = await update(5, { ...adasMembers, name: 'Ada B.' });
    expect(version).toBeGreaterThan(first);
    await users.transaction((tx) => users.delete(tx, 5));
    await expect(users.find(5)).resolves.toBeUndefined();
    await users.insert(5, adasMembers);
    expect(await versionOf(5)).toBeGreaterThan(version);
  });

  it('refuses to change to an address that is taken, in any case, and changes nothing', async () => {
    await users.import([ada, max]);
    const refused = refusedOr(() => update(max.id, { ...max, email: 'Ada@Example.com' }));
    await expect(refused).resolves.toBe('address-taken');
    await expect(users.find(max.id)).resolves.toMatchObject(max);
  });

  it('lets one of two concurrent changes of a user see the other', async () => {
    await users.insert(5, { ...adasMembers, name: '0' });
    const addOne = () =>
      users.transaction(async (tx) => {
        const current = await users.lock(tx, 5);
        await users.update(tx, 5, { ...adasMembers, name: String(Number(current?.name) + 1) });
      });
    await Promise.all(Array.from({ length: 8 }, addOne));
    await expect(users.find(5)).resolves.toMatchObject({ name: '8' });
  });

  it('lists page by page, in the order of numbers, only whom it may', async () => {
    await users.import([max, ada, { ...ada, id: 42, email: 'bob@example.com' }]);
    expect(idsOf(await users.list('everybody', 0, 2))).toEqual([21, 42]);
    expect(idsOf(await users.list('everybody', 42, 2))).toEqual([max.id]);
    expect(idsOf(await users.list('everybody', max.id, 2))).toEqual([]);
    expect(idsOf(await users.list({ team: 'blue' }, 21, 9))).toEqual([42]);
    expect(idsOf(await users.list({ team: 'BLUE' }, 0, 9))).toEqual([]);
    expect(idsOf(await users.list('nobody', 0, 9))).toEqual([]);
  });
});
