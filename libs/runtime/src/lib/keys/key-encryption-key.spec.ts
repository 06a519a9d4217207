import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { keyEncryptionKey } from './key-encryption-key.js';

describe('keyEncryptionKey', () => {
  let root: string;
  let path: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'kek-'));
    path = join(root, 'key-encryption.key');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('makes 32 bytes once, for the owner only', async () => {
    const first = await keyEncryptionKey(root);
    expect(first).toHaveLength(32);
    expect(await keyEncryptionKey(root)).toEqual(first);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(root)).toEqual(['key-encryption.key']);
  });

  it('gives the same key to all who come first together', async () => {
    const keys = await Promise.all(Array.from({ length: 10 }, () => keyEncryptionKey(root)));
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
  });

  it('refuses a file that others may read', async () => {
    await keyEncryptionKey(root);
    chmodSync(path, 0o640);
    await expect(keyEncryptionKey(root)).rejects.toThrow('others may read this key');
  });

  it('refuses a file that holds no key, and does not replace it', async () => {
    writeFileSync(path, 'short', { mode: 0o600 });
    await expect(keyEncryptionKey(root)).rejects.toThrow('does not hold 32 bytes');
  });
});
