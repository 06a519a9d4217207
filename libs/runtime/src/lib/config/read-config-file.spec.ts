import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { z } from 'zod';

import { ConfigError } from './config-error.js';
import { readConfigFile } from './read-config-file.js';

const schema = z.strictObject({ users: z.array(z.strictObject({ email: z.email() })) });

describe('readConfigFile', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'runtime-config-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  const read = async (text: string) => {
    const path = join(directory, 'file.json');
    await writeFile(path, text);
    return readConfigFile('USERS_FILE', path, schema);
  };

  it('reads a file that keeps to its schema', async () => {
    const users = [{ email: 'ada@example.com' }];
    await expect(read(JSON.stringify({ users }))).resolves.toEqual({ users });
  });

  it.each([
    ['ada@example.com'],
    ['{"users":[],"users":[]}'],
    ['\ufeff{"users":[]}'],
    ['{"users":[],"__proto__":{}}'],
  ])('refuses %j, which is not strict JSON, without quoting it', async (text) => {
    const refusal = read(text);
    await expect(refusal).rejects.toThrow(ConfigError);
    await expect(refusal).rejects.toMatchObject({ problems: ['USERS_FILE: is not strict JSON'] });
  });

  it('refuses what breaks the schema, every member named and no value', async () => {
    const refusal = await read(
      '{"users":[{"email":"ada at example"},{"email":1}],"other":true}',
    ).catch((error: unknown) => error as ConfigError);
    expect((refusal as ConfigError).problems).toEqual([
      expect.stringMatching(/^USERS_FILE: users\.0\.email: /),
      expect.stringMatching(/^USERS_FILE: users\.1\.email: /),
      expect.stringMatching(/^USERS_FILE: .*"other"/),
    ]);
    expect((refusal as ConfigError).message).not.toContain('ada at');
  });

  it('refuses a file that is not there', async () => {
    await expect(
      readConfigFile('USERS_FILE', join(directory, 'none'), schema),
    ).rejects.toMatchObject({ problems: ['USERS_FILE: cannot be read (ENOENT)'] });
  });
});
