import { parseStrictJson, type Json } from '@countersign/token';

import { CliError } from '../cli-error.js';
import type { Terminal } from '../terminal.js';
import { readPrivateText } from './read-private-text.js';

/** Reads a JSON file, or standard input for `-`. Refuses (configuration) what is no strict JSON. */
export async function readJsonFile(
  source: string,
  what: string,
  terminal: Pick<Terminal, 'stdin'>,
): Promise<Json> {
  const { text } = await readPrivateText(source, what, terminal);
  try {
    return parseStrictJson(text);
  } catch (cause) {
    throw new CliError('configuration', `The ${what} ${source} is not strict JSON.`, { cause });
  }
}
