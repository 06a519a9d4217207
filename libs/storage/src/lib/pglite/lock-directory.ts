/**
 * The lock of a PGlite directory. PGlite opens a directory that another process holds without
 * complaint and both then corrupt it, so a file beside the directory says who has it.
 */
import { randomUUID } from 'node:crypto';
import { open, link, readFile, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

import { StorageError } from '../storage-error.js';
import type { ProcessIdentity } from './process-identity.js';
import { livenessOf, ownIdentity } from './process-identity.js';

/** A held lock. @internal */
export interface DirectoryLock {
  release(): Promise<void>;
}

interface Holder extends ProcessIdentity {
  readonly id: string;
}

/** Milliseconds between two signs of life of the holder. */
const heartbeat = 1_000;

/**
 * Locks a directory for this process, or refuses with DIRECTORY_IN_USE naming directory and pid.
 *
 * A lock is stolen only from a dead process. A holder whose pid means nothing here (another
 * container or machine) is dead when it gives no sign of life for five heartbeats.
 * @internal
 */
export async function lockDirectory(
  directory: string,
  beat: number = heartbeat,
): Promise<DirectoryLock> {
  const path = `${directory}.lock`;
  const holder: Holder = { id: randomUUID(), ...ownIdentity() };
  if (await tryLock(path, holder)) return hold(path, holder, beat);

  await refuseLive(directory, path, beat);
  return stealing(directory, path, async () => {
    // Somebody else may have stolen it between the first look and now.
    await refuseLive(directory, path, beat);
    await rm(path, { force: true });
    if (!(await tryLock(path, holder))) throw inUse(directory, await readHolder(path));
    return hold(path, holder, beat);
  });
}

/** Creates the file with its content in one step: nobody ever reads half a lock. */
async function tryLock(path: string, holder: Holder): Promise<boolean> {
  const draft = `${path}.${holder.id}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(JSON.stringify(holder));
    await file.sync();
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
}

async function hold(path: string, holder: Holder, beat: number): Promise<DirectoryLock> {
  const file = await open(path, 'r+');
  const timer = setInterval(() => void signOfLife(file), beat).unref();
  return {
    async release() {
      clearInterval(timer);
      await file.close();
      const current = await readHolder(path);
      if (current?.id === holder.id) await rm(path, { force: true });
    },
  };
}

async function signOfLife(file: FileHandle): Promise<void> {
  const now = new Date();
  // A closed handle (released meanwhile) or a full disk: the lock itself still stands.
  await file.utimes(now, now).catch(() => undefined);
}

async function refuseLive(directory: string, path: string, beat: number): Promise<void> {
  const holder = await readHolder(path);
  if (!holder) return;
  const liveness = livenessOf(holder);
  if (liveness === 'alive') throw inUse(directory, holder);
  if (liveness === 'unknown' && (await givesSignOfLife(path, beat))) throw inUse(directory, holder);
}

async function givesSignOfLife(path: string, beat: number): Promise<boolean> {
  const before = await modified(path);
  for (let beats = 0; beats < 10; beats += 1) {
    await pause(beat / 2);
    if ((await modified(path)) !== before) return true;
  }
  return false;
}

async function modified(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mtimeMs;
}

/** One process at a time removes a dead lock: two would remove each other's fresh one. */
async function stealing<T>(directory: string, path: string, work: () => Promise<T>): Promise<T> {
  const marker = `${path}.steal`;
  const age = Date.now() - ((await modified(marker)) ?? Date.now());
  if (age > 60_000) await rm(marker, { force: true });
  const file = await open(marker, 'wx', 0o600).catch(async (error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? inUse(directory, await readHolder(path)) : error;
  });
  try {
    return await work();
  } finally {
    await file.close();
    await rm(marker, { force: true });
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    const holder = JSON.parse(text) as Holder;
    if (Number.isSafeInteger(holder.pid) && holder.pid > 0) return holder;
  } catch {
    // Falls through: not written by us, so nothing says that its owner is dead.
  }
  throw new StorageError(
    'DIRECTORY_IN_USE',
    `${path} is not readable as a lock. If no process uses the database, delete this file.`,
  );
}

function inUse(directory: string, holder: Holder | undefined): StorageError {
  const who = holder ? `process ${holder.pid}` : 'another process';
  return new StorageError(
    'DIRECTORY_IN_USE',
    `The database directory ${directory} is in use by ${who}. Stop it first, or give each process ` +
      'a directory of its own, or share a PostgreSQL server.',
  );
}
