import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { errorCode } from '../error-code.js';
import { writePrivateFile } from './private-file.js';

const secretBytes = 32;
const generate = (client: string): string =>
  `cs_${client}_${randomBytes(secretBytes).toString('base64url')}`;

async function readSecrets(file: string): Promise<Record<string, string>> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return {};
    throw error;
  }
  try {
    const parsed: unknown = JSON.parse(content);
    if (isSecrets(parsed)) return parsed;
  } catch {
    // Falls through: a parser's message may quote the content.
  }
  throw new Error(`${file} does not hold client secrets; remove it to have new ones generated`);
}

const isSecrets = (value: unknown): value is Record<string, string> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((secret) => typeof secret === 'string');

/**
 * The secrets of these clients, from `file` (0600); those missing are generated (256 bits) once and
 * kept. Refuses a file that holds something else.
 * @internal
 */
export async function clientSecrets(
  file: string,
  clients: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const known = await readSecrets(file);
  const missing = clients.filter((client) => known[client] === undefined);
  if (missing.length === 0) return known;
  const all = {
    ...known,
    ...Object.fromEntries(missing.map((client) => [client, generate(client)])),
  };
  await writePrivateFile(file, `${JSON.stringify(all, null, 2)}\n`);
  return all;
}
