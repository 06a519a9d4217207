import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';

import { PGlite } from '@electric-sql/pglite';

import { StorageError } from '../storage-error.js';
import { readTemplate } from './template.js';

/**
 * Makes sure the directory holds a whole database. A new one is made in a sibling directory and
 * renamed, so that a boot killed half-way leaves nothing that looks like a database.
 *
 * The caller holds the lock. Refuses (DIRECTORY_FOREIGN) a directory with other things in it.
 * @internal
 */
export async function prepareDirectory(directory: string): Promise<void> {
  const entries = await list(directory);
  if (entries.includes('PG_VERSION')) return;
  if (entries.length > 0) {
    throw new StorageError(
      'DIRECTORY_FOREIGN',
      `${directory} holds files but no database. Choose another directory, or empty this one.`,
    );
  }
  const draft = `${directory}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o700 });
  await createDatabase(draft);
  await rmdir(directory).catch(ignoreMissing);
  await rename(draft, directory);
}

async function createDatabase(directory: string): Promise<void> {
  const template = await readTemplate();
  const client = await PGlite.create({
    dataDir: directory,
    ...(template ? { loadDataDir: template } : {}),
  });
  await client.close();
}

async function list(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    ignoreMissing(error);
    return [];
  }
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
