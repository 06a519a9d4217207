import pg from 'pg';

import { startPostgres, type TestPostgres } from '../src/index.js';

describe('startPostgres', () => {
  let postgres: TestPostgres;

  beforeAll(async () => {
    postgres = await startPostgres({ own: true });
  }, 60_000);
  afterAll(() => postgres.stop());

  const query = async (url: string, text: string): Promise<unknown[]> => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  };

  it('makes a database once per name, and none for another', async () => {
    const [first, again, other] = await Promise.all([
      postgres.url('first'),
      postgres.url('first'),
      postgres.url('other'),
    ]);
    expect(again).toBe(first);
    await query(first, 'create table here (n int)');
    await expect(query(other, 'select * from here')).rejects.toThrow('does not exist');
  });

  it('listens on 127.0.0.1 only, and asks for its password', async () => {
    const url = new URL(await postgres.url('first'));
    expect(await query(url.href, 'show listen_addresses')).toEqual([
      { listen_addresses: '127.0.0.1' },
    ]);
    expect(await query(url.href, 'show unix_socket_directories')).toEqual([
      { unix_socket_directories: '' },
    ]);
    url.password = 'wrong';
    await expect(query(url.href, 'select 1')).rejects.toThrow('password authentication failed');
  });

  it('keeps what was committed over a kill -9, on the same URL', async () => {
    const url = await postgres.url('survivor');
    await query(url, 'create table notes (text text)');
    await query(url, `insert into notes values ('kept')`);
    const before = postgres.pid;

    await postgres.kill9();
    expect(postgres.pid).toBeUndefined();
    await expect(query(url, 'select 1')).rejects.toThrow();

    await postgres.restart();
    expect(postgres.pid).not.toBe(before);
    expect(await query(url, 'select text from notes')).toEqual([{ text: 'kept' }]);
  }, 60_000);

  it.each(['', 'A', '1a', 'a-b', 'a;b', 'a'.repeat(40)])('refuses the name "%s"', async (name) => {
    await expect(postgres.url(name)).rejects.toThrow('a database name is');
  });

  it('leaves no process and may be stopped twice', async () => {
    const mine = await startPostgres({ own: true });
    const { pid } = mine;
    await Promise.all([mine.stop(), mine.stop()]);
    expect(() => process.kill(pid ?? 0, 0)).toThrow('ESRCH');
  }, 60_000);
});
