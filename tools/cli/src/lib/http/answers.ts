import type { Json, JsonObject } from '@countersign/token';

import { CliError } from '../cli-error.js';
import type { HttpAnswer } from './send.js';

/** The object an answer must be. */
export function objectOf(json: Json | undefined): JsonObject {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as JsonObject;
  throw strange();
}

/** A member that must be a text. */
export function textOf(object: JsonObject, member: string): string {
  const value = object[member];
  if (typeof value === 'string') return value;
  throw strange();
}

/** A member that must be a list of objects. */
export function listOf(object: JsonObject, member: string): JsonObject[] {
  const value = object[member];
  if (Array.isArray(value)) return value.map((entry: Json) => objectOf(entry));
  throw strange();
}

function strange(): CliError {
  return new CliError('unreachable', 'The answer is not what an authorization server says.', {
    fix: 'Check that --server names a Countersign authorization server of this version.',
  });
}

/** The failure that an answer other than success is: refused below 500, unreachable above. */
export function refusalOf({ status, json, headers }: HttpAnswer): CliError {
  const problem = typeof json === 'object' && json !== null ? (json as JsonObject) : undefined;
  const words = [problem?.['detail'], problem?.['error_description'], problem?.['title']];
  const said = words.find((word) => typeof word === 'string') ?? 'no reason given';
  const code = problem?.['code'] ?? problem?.['error'];
  const named = typeof code === 'string' ? `${said} (${status} ${code})` : `${said} (${status})`;
  if (status >= 500) {
    return new CliError('unreachable', `The server cannot answer: ${named}.`, {
      fix: 'Try again; if it lasts, look at /health/ready and the log of the server.',
      problem,
    });
  }
  return new CliError('refused', `The server refused: ${named}.`, {
    fix: fixOf(status, headers),
    problem,
  });
}

function fixOf(status: number, headers: Headers): string | undefined {
  if (status === 429) return `Wait ${headers.get('retry-after') ?? 'some'} seconds and try again.`;
  return fixes[status];
}

const fixes: Readonly<Record<number, string>> = {
  401: 'Ask again; if it lasts, check --issuer and the clock of this machine.',
  403: 'Use a client that was granted admin:read, or admin:write to change something, for the service admin.',
  404: 'Check the name: the list command shows what there is.',
  412: 'Somebody changed it at the same time: look at it again, and repeat the change if it still fits.',
};
