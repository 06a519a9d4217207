import { readFileSync } from 'node:fs';

import { z } from 'zod';

/** What the files say that `NAME_FILE` variables name. @internal */
export interface VariablesInFiles {
  readonly values: Readonly<Record<string, string>>;
  /** By the variable whose value was to be read. */
  readonly problems: ReadonlyMap<string, string>;
}

const longest = 64 * 1024;

/**
 * Reads `NAME` from the file that `NAME_FILE` names, for every variable of a schema: secrets are
 * mounted as files, and no list of environments shows them. One final line break is not part of it.
 *
 * A problem is: `NAME` given too, a file that cannot be read, is empty or longer than 64 KiB. Where
 * the schema has a variable of that very name (`USERS_FILE`), that is what it means.
 * @internal
 */
export function readVariablesInFiles(
  schema: z.ZodType,
  set: Readonly<Record<string, string | undefined>>,
): VariablesInFiles {
  const names = new Set(namesIn(schema));
  const values: Record<string, string> = {};
  const problems = new Map<string, string>();
  for (const name of names) {
    const file = `${name}_FILE`;
    const path = names.has(file) ? undefined : set[file];
    if (path === undefined) continue;
    const value = set[name] === undefined ? readValue(path) : { problem: `contradicts ${name}` };
    if (typeof value === 'string') values[name] = value;
    else problems.set(name, `${file}: ${value.problem}`);
  }
  return { values, problems };
}

/** The variables that a schema reads, whatever is made of them afterwards. */
function namesIn(schema: z.core.$ZodType): readonly string[] {
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
  return schema instanceof z.ZodPipe ? namesIn(schema.in) : [];
}

function readValue(path: string): string | { readonly problem: string } {
  try {
    const value = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    if (value === '') return { problem: 'is an empty file' };
    return value.length <= longest ? value : { problem: 'is a file of more than 64 KiB' };
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    return { problem: `cannot be read (${code})` };
  }
}
