import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ConfigError } from '@countersign/runtime';

import { readUsersFile } from './users-file.js';

const ada = { id: 21, name: 'Ada', email: 'ada@example.com', team: 'blue' };

describe('readUsersFile', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'census-users-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  const written = async (text: string): Promise<string> => {
    const path = join(directory, 'users.json');
    await writeFile(path, text);
    return path;
  };
  const listing = (...users: unknown[]): Promise<string> => written(JSON.stringify({ users }));

  it('reads the listed users', async () => {
    await expect(readUsersFile(await listing(ada))).resolves.toEqual([{ ...ada, role: 'member' }]);
  });

  it.each([
    ['an id of zero', { ...ada, id: 0 }, 'users.0.id'],
    ['an id beyond 2^53', { ...ada, id: 2 ** 53 }, 'users.0.id'],
    ['an id as text', { ...ada, id: '21' }, 'users.0.id'],
    ['an empty name', { ...ada, name: ' ' }, 'users.0.name'],
    ['a name with a line break', { ...ada, name: 'Ada\r\nBcc: x' }, 'users.0.name'],
    ['an address with a line break', { ...ada, email: 'a@b.example\nBcc: c@d' }, 'users.0.email'],
    ['a list of addresses', { ...ada, email: 'a@b.example,c@d.example' }, 'users.0.email'],
    ['a missing team', { id: 21, name: 'Ada', email: 'ada@example.com' }, 'users.0.team'],
    ['an unknown role', { ...ada, role: 'root' }, 'users.0.role'],
    ['an unknown member', { ...ada, admin: true }, 'admin'],
  ])('refuses %s, naming it', async (_, user, named) => {
    const path = await listing(user);
    await expect(readUsersFile(path)).rejects.toThrow(named);
    await expect(readUsersFile(path)).rejects.toThrow(ConfigError);
  });

  it('refuses an id that occurs twice', async () => {
    await expect(readUsersFile(await listing(ada, ada))).rejects.toThrow('an id occurs twice');
  });

  it('refuses an address that occurs twice, in any case', async () => {
    const path = await listing(ada, { ...ada, id: 22, email: 'ADA@example.com' });
    await expect(readUsersFile(path)).rejects.toThrow('an address occurs twice');
  });
});
