/** Maps, registries and baselines from files: bounded, strict, and told by name when they are wrong. */
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { parseStrictJson, type AccessMapDocument, type Json } from '@countersign/token';

import { CliError } from '../cli-error.js';
import { readMap } from './read-map.js';

const longest = 8 * 1024 * 1024;
const mostFiles = 1000;

/**
 * The access maps of these files, and of the `.json` files of these directories; sorted by service.
 * @throws CliError `configuration` naming the file that cannot be read, or is no access map.
 */
export async function readMaps(paths: readonly string[]): Promise<readonly AccessMapDocument[]> {
  const files = (await Promise.all(paths.map(filesOf))).flat();
  if (files.length > mostFiles) throw wrong(`There are more than ${mostFiles} access maps.`);
  const maps: AccessMapDocument[] = [];
  for (const file of new Set(files)) maps.push(await readDocument(file, readMap));
  if (maps.length === 0)
    throw wrong(
      `There is no access map in ${paths.join(', ')}.`,
      'Make them: nx run-many -t access-map',
    );
  return maps.sort((a, b) => (a.service < b.service ? -1 : 1));
}

/**
 * One JSON document, read by `read`.
 * @throws CliError `configuration`, as `readMaps`.
 */
export async function readDocument<Value>(
  file: string,
  read: (json: Json) => Value,
): Promise<Value> {
  const text = await readText(file);
  try {
    return read(parseStrictJson(text, { maxDepth: 64 }));
  } catch (cause) {
    throw wrong(`${file} cannot be used: ${(cause as Error).message}.`, undefined, cause);
  }
}

async function filesOf(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = await readdir(path);
    return names
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => join(path, name));
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** No more than the bound, even of a file that grows. */
async function readText(file: string): Promise<string> {
  try {
    const handle = await open(file);
    try {
      const { size } = await handle.stat();
      if (size > longest) throw wrong(`${file} is larger than 8 MiB.`);
      const buffer = Buffer.alloc(size);
      const { bytesRead } = await handle.read(buffer, 0, size, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw cause instanceof CliError ? cause : unreadable(file, cause);
  }
}

function unreadable(path: string, cause: unknown): CliError {
  const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
  return wrong(`${path} cannot be read (${code}).`, 'Check the path and who may read it.', cause);
}

const wrong = (message: string, fix?: string, cause?: unknown): CliError =>
  new CliError('configuration', message, { fix, cause });
