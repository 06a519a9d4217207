import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { errorCode } from '../error-code.js';

/** Another fleet works on the same data directory. @internal */
export class DataInUseError extends Error {
  override readonly name = 'DataInUseError';

  constructor(directory: string, owner: number | undefined) {
    super(
      `the data directory ${directory} is in use by process ${owner ?? '(unknown)'}. ` +
        'Stop that one, or take another directory: npm start -- --data <directory>',
    );
  }
}

function isAlive(pid: number): boolean {
  // After a restart of a container our own pid may stand in a lock of the last life.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, but belongs to somebody else.
    return errorCode(error) === 'EPERM';
  }
}

async function ownerOf(lock: string): Promise<number | undefined> {
  try {
    const pid = Number(await readFile(lock, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Takes the data directory for this process; refuses with DataInUseError while another live process
 * has it. The lock of a dead process is taken over. Returns what gives it back.
 * @internal
 */
export async function lockData(directory: string): Promise<() => Promise<void>> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lock = join(directory, 'fleet.lock');
  const owner = await ownerOf(lock);
  if (owner !== undefined && isAlive(owner)) throw new DataInUseError(directory, owner);
  await rm(lock, { force: true });
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx', mode: 0o600 });
  } catch {
    throw new DataInUseError(directory, await ownerOf(lock));
  }
  return () => rm(lock, { force: true });
}
