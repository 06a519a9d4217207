import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { ConfigError } from '../config/config-error.js';

const fileName = 'key-encryption.key';

/** 32 bytes in base64url (43 characters), or `undefined` when it is something else. @internal */
export function parseKeyEncryptionKey(text: string): Buffer | undefined {
  return /^[A-Za-z0-9_-]{43}$/.test(text) ? Buffer.from(text, 'base64url') : undefined;
}

/**
 * Reads the key under which private keys are sealed from `<directory>/key-encryption.key`, and
 * makes one on first use: 32 random bytes, readable by the owner only.
 *
 * Refuses (ConfigError) a file that others can read, or that holds something else.
 * @internal
 */
export async function keyEncryptionKey(directory: string): Promise<Buffer> {
  const path = join(directory, fileName);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await createOnce(path);
  return readKey(path);
}

/** Linked into place when whole: two processes at their first boot end up with the same key. */
async function createOnce(path: string): Promise<void> {
  const exists = await open(path, 'r').then(
    (file) => file.close().then(() => true),
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
  if (exists) return;
  const draft = `${path}.${randomUUID()}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${randomBytes(32).toString('base64url')}\n`);
    await file.sync();
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
}

async function readKey(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { mode } = await file.stat();
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new ConfigError([`${path}: others may read this key; run chmod 600 on it`]);
    }
    const key = parseKeyEncryptionKey((await file.readFile('utf8')).trim());
    if (!key) throw new ConfigError([`${path}: does not hold 32 bytes in base64url`]);
    return key;
  } finally {
    await file.close();
  }
}
