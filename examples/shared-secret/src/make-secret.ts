import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { readSettings } from './settings.js';

/** Writes a new secret, readable by its owner only; leaves one alone that is there. */
const { signingKeyFile } = readSettings(process.env);
mkdirSync(dirname(signingKeyFile), { recursive: true, mode: 0o700 });
try {
  const text = `${randomBytes(32).toString('base64url')}\n`;
  writeFileSync(signingKeyFile, text, { flag: 'wx', mode: 0o600 });
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
}
