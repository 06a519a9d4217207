import { readFile } from 'node:fs/promises';

import { parseStrictJson, type Json } from '@countersign/token';
import type { z } from 'zod';

import { ConfigError } from './config-error.js';

/**
 * Reads the JSON file that a variable of the configuration names, checked by a schema.
 *
 * Refuses with a ConfigError, all problems at once under the name of the variable, a file that
 * cannot be read, is no strict JSON or breaks its schema. Prints no value: a file may hold people's
 * addresses.
 *
 * @example
 * const { users } = await readConfigFile('USERS_FILE', config.USERS_FILE, usersFile);
 * @publicApi
 */
export async function readConfigFile<Schema extends z.ZodType>(
  variable: string,
  path: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const refusal = (problems: readonly string[], cause?: unknown) =>
    new ConfigError(
      problems.map((problem) => `${variable}: ${problem}`),
      { cause },
    );
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw refusal([`cannot be read (${cause.code ?? 'unknown error'})`], cause);
  });
  let json: Json;
  try {
    json = parseStrictJson(bytes);
  } catch (cause) {
    throw refusal(['is not strict JSON'], cause);
  }
  const result = schema.safeParse(json, { reportInput: false });
  if (result.success) return result.data;
  throw refusal(
    result.error.issues.map(({ path: member, message }) =>
      member.length === 0 ? message : `${member.join('.')}: ${message}`,
    ),
  );
}
