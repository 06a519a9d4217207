import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

import { parseStrictJson, type JsonObject } from '@countersign/token';

import { CliError } from '../cli-error.js';
import type { Terminal } from '../terminal.js';

/** What `login` keeps, and every other command reads. */
export interface ConfigFile {
  readonly server?: string;
  readonly issuer?: string;
  readonly client?: string;
  readonly secret?: string;
  readonly secretFile?: string;
  /** Services that `why` asks, parted by blanks. */
  readonly services?: string;
}

const members = ['server', 'issuer', 'client', 'secret', 'secretFile', 'services'] as const;

/** Where the configuration is: COUNTERSIGN_CONFIG, or below the user's configuration directory. */
export function configPath(env: Terminal['env']): string {
  const base = env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config');
  return env['COUNTERSIGN_CONFIG'] || join(base, 'countersign', 'config.json');
}

/**
 * Reads the configuration; nothing there is nothing configured. Refuses (configuration) a file that
 * others may read, that is no strict JSON, or has members that mean nothing here.
 */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  const refuse = (problem: string, fix: string, cause?: unknown): never => {
    throw new CliError('configuration', `${path} ${problem}.`, { fix, cause });
  };
  let bytes: Buffer;
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0 && process.platform !== 'win32') {
      refuse('may be read by others, and may hold a secret', `Run: chmod 600 ${path}`);
    }
    bytes = await readFile(path);
  } catch (error) {
    if (error instanceof CliError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return {};
    return refuse(`cannot be read (${code ?? 'unknown error'})`, 'Check who may read it.', error);
  }
  const again = 'Correct it, or remove it and run: countersign login';
  let json: unknown;
  try {
    json = parseStrictJson(bytes);
  } catch (error) {
    return refuse('is not strict JSON', again, error);
  }
  if (isConfig(json)) return json;
  return refuse(`must be an object of texts: ${members.join(', ')}`, again);
}

function isConfig(value: unknown): value is ConfigFile {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value as JsonObject).every(
    ([name, text]) => (members as readonly string[]).includes(name) && typeof text === 'string',
  );
}

/**
 * Writes a file that only its owner may read (0600), whole or not at all; missing directories are
 * made (0700). With `exclusive` an existing file is refused (usage) rather than replaced.
 */
export async function writePrivateFile(
  path: string,
  content: string,
  { exclusive = false } = {},
): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const draft = exclusive ? path : `${path}.${randomUUID()}`;
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
    if (!exclusive) await rename(draft, path);
  } catch (cause) {
    const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      throw new CliError('usage', `${path} exists, and is not overwritten.`, {
        fix: 'Name a file that does not exist yet.',
        cause,
      });
    }
    throw new CliError('configuration', `${path} cannot be written (${code}).`, {
      fix: 'Check the path and who may write there.',
      cause,
    });
  }
}
