import { join } from 'node:path';

import { openDatabase, type Database } from '@countersign/storage';

import { UsersRepository } from './users.repository.js';

const migrations = join(import.meta.dirname, '../../migrations');
const ada = { id: 21, name: 'Ada', email: 'ada@example.com', team: 'blue' };
const max = { id: Number.MAX_SAFE_INTEGER, name: 'Max', email: 'max@example.com', team: 'green' };

describe('UsersRepository', () => {
  let database: Database;
  let users: UsersRepository;

  beforeAll(async () => {
    database = await openDatabase({ migrations });
    users = new UsersRepository(database);
  }, 30_000);
  afterEach(() => database.execute('TRUNCATE users'));
  afterAll(() => database.close());

  it('finds the users it was given, up to the largest number', async () => {
    await users.import([ada, max]);
    await expect(users.find(21)).resolves.toEqual(ada);
    await expect(users.find(Number.MAX_SAFE_INTEGER)).resolves.toEqual(max);
    await expect(users.find(7)).resolves.toBeUndefined();
  });

  it('tells of people only what visibility depends on', async () => {
    await users.import([ada, max]);
    const people = await users.findPeople([21, 7]);
    expect([...people]).toEqual([[21, { id: 21, team: 'blue' }]]);
  });

  it('changes known users and leaves the others', async () => {
    await users.import([ada, max]);
    await users.import([{ ...ada, team: 'green' }]);
    await expect(users.find(21)).resolves.toEqual({ ...ada, team: 'green' });
    await expect(users.find(max.id)).resolves.toEqual(max);
  });

  it('writes more users than one statement takes', async () => {
    const many = Array.from({ length: 1_201 }, (_, index) => ({ ...ada, id: index + 1 }));
    await users.import(many);
    await expect(users.find(1_201)).resolves.toMatchObject({ id: 1_201 });
  });

  it('writes all or none, and quotes nobody', async () => {
    const refused = users.import([ada, { ...max, id: 0 }]);
    await expect(refused).rejects.toThrow('The users could not be written (23514)');
    await expect(refused).rejects.not.toHaveProperty('cause');
    await expect(users.find(21)).resolves.toBeUndefined();
  });

  it('accepts an empty list', async () => {
    await expect(users.import([])).resolves.toBeUndefined();
  });
});
