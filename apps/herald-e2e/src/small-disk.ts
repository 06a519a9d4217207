import { execFile } from 'node:child_process';
import { mkdtemp, open, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A disk of its own that is soon full. */
export interface SmallDisk {
  readonly directory: string;
  /** Writes until nothing more fits. */
  fill(): Promise<void>;
  /** Gives the room back. */
  empty(): Promise<void>;
  remove(): Promise<void>;
}

const BLOCK = Buffer.alloc(64 * 1024);
const SMALLEST = 512;

/**
 * Mounts a disk of so many megabytes in memory.
 * @returns `undefined` where this process may not mount (it takes root on Linux).
 */
export async function mountSmallDisk(megabytes: number): Promise<SmallDisk | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'small-disk-'));
  const options = `size=${megabytes}m,mode=0755`;
  try {
    await run('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory]);
  } catch {
    await rmdir(directory);
    return undefined;
  }
  const filler = join(directory, 'filler');
  return {
    directory,
    fill: () => fill(filler),
    empty: () => rm(filler, { force: true }),
    remove: async () => {
      await run('umount', ['--lazy', directory]);
      await rmdir(directory);
    },
  };
}

/** In ever smaller pieces, so that not even a line of a log would fit. */
async function fill(path: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    for (let size = BLOCK.length; size >= SMALLEST;) {
      const fitted = await file.write(BLOCK.subarray(0, size)).catch(() => undefined);
      if (fitted?.bytesWritten !== size) size /= 2;
    }
  } finally {
    await file.close();
  }
}
