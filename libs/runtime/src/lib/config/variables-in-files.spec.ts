import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { z } from 'zod';

import type { ConfigError } from './config-error.js';
import { readConfig } from './read-config.js';

describe('readConfig with variables in files', () => {
  const schema = z
    .object({
      SECRET: z.string().min(3, 'is too short'),
      USERS: z.string().optional(),
      USERS_FILE: z.string().optional(),
      LEVEL: z.string().optional(),
    })
    .refine(() => true)
    .transform((config) => config);
  const folder = mkdtempSync(join(tmpdir(), 'read-config-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const file = (text: string): string => {
    const path = join(folder, 'value');
    writeFileSync(path, text);
    return path;
  };
  const problemsOf = (env: Record<string, string>): readonly string[] => {
    try {
      readConfig(schema, env);
      return [];
    } catch (error) {
      return (error as ConfigError).problems;
    }
  };

  it.each(['from a file', 'from a file\n', 'from a file\r\n'])('reads %j', (text) => {
    expect(readConfig(schema, { SECRET_FILE: file(text) }).SECRET).toBe('from a file');
  });

  it('leaves a variable alone that is called like a file by itself', () => {
    const config = readConfig(schema, { SECRET: 'abc', USERS_FILE: '/nowhere' });
    expect(config).toEqual({ SECRET: 'abc', USERS_FILE: '/nowhere' });
  });

  it.each([
    ['a file that is not there', () => '/nowhere', 'SECRET_FILE: cannot be read (ENOENT)'],
    ['a directory', () => folder, 'SECRET_FILE: cannot be read (EISDIR)'],
    ['an empty file', () => file('\n'), 'SECRET_FILE: is an empty file'],
    [
      'an endless file',
      () => file('x'.repeat(65_537)),
      'SECRET_FILE: is a file of more than 64 KiB',
    ],
    ['a value the schema refuses', () => file('ab'), 'SECRET: is too short'],
  ])('refuses %s', (_, path, problem) => {
    expect(problemsOf({ SECRET_FILE: path() })).toEqual([problem]);
  });

  it('refuses a value given twice, and names everything that is wrong at once', () => {
    const env = { SECRET_FILE: file('abc'), SECRET: 'abc', LEVEL_FILE: '/nowhere' };
    expect(problemsOf(env)).toEqual([
      'SECRET_FILE: contradicts SECRET',
      'LEVEL_FILE: cannot be read (ENOENT)',
    ]);
  });
});
