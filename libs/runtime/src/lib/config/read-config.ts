import type { z } from 'zod';

import { ConfigError } from './config-error.js';
import { readVariablesInFiles } from './variables-in-files.js';

/** What a process is given as its environment. @publicApi */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads a typed configuration from an environment. A variable that is set to the empty string
 * counts as not set; `NAME_FILE` names a file that holds the value of `NAME`.
 *
 * Refuses with a ConfigError that names every wrong variable at once and prints no value: it might
 * be a secret.
 * @publicApi
 */
export function readConfig<Schema extends z.ZodType>(
  schema: Schema,
  env: Environment,
): Readonly<z.output<Schema>> {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const files = readVariablesInFiles(schema, set);
  const given = { ...set, ...files.values };
  const parse = (values: object) =>
    schema.safeParse(values, { error: explain, reportInput: false });
  const result = parse(given);
  if (result.success && files.problems.size === 0)
    return Object.freeze(result.data) as Readonly<z.output<Schema>>;
  const problems = new Map(files.problems);
  addProblems(problems, result.error);
  // What a schema says of several variables together it says only when each is right by itself: so once
  // more, with the defaults of those that are wrong.
  const right = Object.entries(given).filter(([name]) => !problems.has(name));
  addProblems(problems, parse(Object.fromEntries(right)).error);
  throw new ConfigError([...problems.values()]);
}

/** The first problem of a variable explains those that follow from it. */
function addProblems(problems: Map<string, string>, error: z.ZodError | undefined): void {
  for (const issue of error?.issues ?? []) {
    const name = nameOf(issue);
    if (!problems.has(name)) problems.set(name, `${name}: ${issue.message}`);
  }
}

/** zod says "expected string, received undefined" of a variable that is not set. */
function explain(issue: z.core.$ZodRawIssue): string | undefined {
  return issue.code === 'invalid_type' && issue.input === undefined ? 'is required' : undefined;
}

function nameOf(issue: z.core.$ZodIssue): string {
  return issue.path.length === 0 ? 'configuration' : issue.path.join('.');
}
