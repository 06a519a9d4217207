import { parseStrictJson, type Json } from '@countersign/token';

import { CliError } from '../cli-error.js';

/** One request, as bytes. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds until the answer must be complete. */
  readonly timeout: number;
}

/** An answer, whole. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined for an empty body. */
  readonly json: Json | undefined;
}

const largestAnswer = 8 * 1024 * 1024;

/**
 * Sends one request and reads its JSON answer, within its time and 8 MiB.
 *
 * Fails as unreachable without an answer, with one that is too late, too large or no JSON, and with
 * a 5xx; as configuration with a redirect, which is not followed: credentials would go along.
 */
export async function send({
  method,
  url,
  headers,
  body,
  timeout,
}: HttpRequest): Promise<HttpAnswer> {
  const { origin } = new URL(url);
  try {
    const response = await fetch(url, {
      method,
      headers: { accept: 'application/json, application/problem+json', ...headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
      ...(body === undefined ? {} : { body }),
    });
    if (response.status >= 300 && response.status < 400 && response.status !== 304) {
      throw new CliError('configuration', `${origin} answers with a redirect.`, {
        fix: 'Name the server by its final address: --server <url>',
      });
    }
    return {
      status: response.status,
      headers: response.headers,
      json: await readJson(response, origin),
    };
  } catch (error) {
    throw error instanceof CliError ? error : unreachable(origin, timeout, error);
  }
}

async function readJson(response: Response, origin: string): Promise<Json | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > largestAnswer) {
      throw new CliError('unreachable', `The answer of ${origin} is larger than 8 MiB.`);
    }
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  try {
    return parseStrictJson(Buffer.concat(chunks), { maxDepth: 64 });
  } catch (cause) {
    throw new CliError('unreachable', `${origin} answers ${response.status}, but not with JSON.`, {
      fix: 'Check that --server names the authorization server itself, and no proxy answers for it.',
      cause,
    });
  }
}

function unreachable(origin: string, timeout: number, cause: unknown): CliError {
  const { name } = cause as Error;
  if (name === 'TimeoutError') {
    return new CliError('unreachable', `${origin} did not answer within ${timeout / 1000} s.`, {
      fix: 'Check the server, or give it longer: --timeout <seconds>',
      cause,
    });
  }
  const code = codeOf(cause);
  return new CliError('unreachable', `${origin} cannot be reached (${code ?? 'no connection'}).`, {
    fix: 'Check that the server runs, and its address (--server, COUNTERSIGN_SERVER).',
    cause,
  });
}

/** fetch says "fetch failed"; the reason is in its cause, or in the first of several. */
function codeOf(error: unknown): string | undefined {
  const { code, cause, errors } = (error ?? {}) as {
    code?: unknown;
    cause?: unknown;
    errors?: readonly unknown[];
  };
  if (typeof code === 'string' && code !== '') return code;
  if (errors?.[0] !== undefined) return codeOf(errors[0]);
  return cause === undefined ? undefined : codeOf(cause);
}
