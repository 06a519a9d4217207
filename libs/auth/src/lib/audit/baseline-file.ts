/** The file that lists handlers without a rule. Must not know handlers. */
import { readFileSync } from 'node:fs';

import { checkOption } from '@countersign/token';

const MAX_BYTES = 1_048_576;
const MAX_ENTRIES = 10_000;

/**
 * Reads a baseline: a JSON list of handlers, each once.
 * @returns undefined where there is no such file.
 * @throws TypeError for a file that cannot be read, is larger than 1 MiB or is no such list.
 * @internal
 */
export function readBaseline(file: string | URL): ReadonlySet<string> | undefined {
  const content = contentOf(file);
  if (content === undefined) return undefined;
  checkOption(content.length <= MAX_BYTES, 'baseline.file', 'be at most 1 MiB');
  const entries = parsed(content);
  checkOption(
    Array.isArray(entries) &&
      entries.length <= MAX_ENTRIES &&
      entries.every((entry) => typeof entry === 'string') &&
      new Set(entries).size === entries.length,
    'baseline.file',
    `hold a JSON list of at most ${MAX_ENTRIES} handlers, each once`,
  );
  return new Set(entries as string[]);
}

/** What a baseline file has to hold: one handler a line, so that a change of it can only be seen. @internal */
export function writtenBaseline(entries: Iterable<string>): string {
  return JSON.stringify([...new Set(entries)].sort(), null, 2);
}

function contentOf(file: string | URL): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new TypeError(`baseline.file cannot be read: ${String(code)}`, { cause });
  }
}

function parsed(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch (cause) {
    throw new TypeError('baseline.file must hold JSON', { cause });
  }
}
