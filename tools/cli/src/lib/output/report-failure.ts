import type { JsonObject } from '@countersign/token';

import { CliError, exitCodes } from '../cli-error.js';
import type { Terminal } from '../terminal.js';
import { visible, visibleJson } from './visible.js';

/**
 * Tells on standard error why a command failed and what can be done, and returns the exit code.
 * What is no `CliError` is a fault of this program: exit code 1, its message without a stack.
 */
export function reportFailure(
  error: unknown,
  { stderr }: Pick<Terminal, 'stderr'>,
  isJson: boolean,
): number {
  const failure =
    error instanceof CliError
      ? error
      : new CliError('refused', `This is a fault of countersign itself: ${nameOf(error)}`);
  const { kind, message, fix, problem } = failure;
  if (isJson) {
    const body = { error: kind, message, ...(fix && { fix }), ...(problem && { problem }) };
    stderr.write(`${visibleJson(body)}\n`);
    return exitCodes[kind];
  }
  const lines = [`countersign: ${message}`, ...membersOf(problem), ...(fix ? [`Fix: ${fix}`] : [])];
  for (const line of lines) stderr.write(`${visible(line)}\n`);
  return exitCodes[kind];
}

/** The members that the server named as wrong, one per line. */
function membersOf(problem: JsonObject | undefined): string[] {
  const errors = problem?.['errors'];
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((entry: unknown) => {
    const { pointer, detail } = (entry ?? {}) as { pointer?: unknown; detail?: unknown };
    return typeof detail === 'string' ? [`  ${String(pointer ?? '')}: ${detail}`] : [];
  });
}

function nameOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : 'unknown';
}
