/** Reads one JSON document over HTTP, again and again. Knows nothing of keys. */
import { setTimeout as pause } from 'node:timers/promises';

import { boundedAnswer, UnansweredError, type BoundedAnswer } from '../net/bounded-answer.js';
import { parseStrictObject } from '../strict-json.js';
import { toSeconds } from '../to-seconds.js';
import type { Duration } from '../to-seconds.js';
import type { JsonObject } from '../types.js';
import { KeySourceError } from './key-source.js';

/** How documents are read; every bound has its safe default. @publicApi */
export interface ReaderOptions {
  /** What does the requests; the global `fetch` unless told. */
  readonly fetch?: typeof fetch;
  /** For one reading with headers and body; 3 s unless told. */
  readonly timeout?: Duration;
  /** Longest time a document is used without asking again; 10 min unless told. */
  readonly maxAge?: Duration;
}

/** A document and for how long it is fresh. @internal */
export interface FreshDocument {
  /** The same object as before when the server said 304. */
  readonly document: JsonObject;
  /** Seconds. */
  readonly maxAge: number;
}

const maxBytes = 256 * 1024;
const shortestMaxAge = 30;
const mostRetries = 2;
const cutOff: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/**
 * Makes a function that reads the JSON object at `url`, with `If-None-Match` after the first time.
 *
 * Refuses with a {@link KeySourceError}: any status but 200 (or 304 to a conditional request),
 * redirects, more than 256 KB after content decoding, an answer that is not complete in time, and
 * whatever strict JSON parsing refuses. The content type is not looked at: servers often get it
 * wrong, and strict parsing decides anyway. `Cache-Control: max-age` less `Age` (RFC 9111 section
 * 4.2) is clamped to 30 s .. `maxAge`. A connection that is cut is made anew, twice at most and within
 * the same time.
 * @internal
 */
export function documentReader(url: string, options: ReaderOptions): () => Promise<FreshDocument> {
  const timeout = toSeconds(options.timeout ?? '3s', 'keys.timeout') * 1000;
  const longestMaxAge = toSeconds(options.maxAge ?? '10m', 'keys.maxAge');
  let known: { readonly etag: string; readonly document: JsonObject } | undefined;

  const read = async (): Promise<BoundedAnswer> => {
    const answer = await persistently(url, known?.etag, { ask: options.fetch ?? fetch, timeout });
    const { status } = answer;
    if (status !== 200 && status !== 304)
      throw new KeySourceError(`${url} answered ${status}`, { status });
    return answer;
  };

  return async () => {
    const { status, headers, body } = await read();
    const maxAge = freshFor(headers, longestMaxAge);
    if (status === 304) {
      if (known === undefined) throw new KeySourceError(`${url} answered 304 to the first request`);
      return { document: known.document, maxAge };
    }
    const document = parse(url, body);
    const etag = headers.get('etag');
    known = etag !== null && etag.length <= 256 ? { etag, document } : undefined;
    return { document, maxAge };
  };
}

interface ReadingBounds {
  readonly ask: typeof fetch;
  readonly timeout: number;
}

/** A server that restarts cuts connections; replicas must not all come back in step. */
async function persistently(
  url: string,
  etag: string | undefined,
  bounds: ReadingBounds,
): Promise<BoundedAnswer> {
  const end = performance.now() + bounds.timeout;
  for (let retry = 0; ; retry += 1) {
    try {
      const timeout = Math.ceil(end - performance.now());
      return await ask(url, etag, { ...bounds, timeout });
    } catch (error) {
      const wait = 50 + Math.random() * 100;
      const isOver = retry === mostRetries || performance.now() + wait >= end;
      if (isOver || !wasCutOff(error)) throw error;
      await pause(wait);
    }
  }
}

function wasCutOff(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as { readonly code?: unknown; readonly cause?: unknown };
  return cutOff.has(code) || (cause !== undefined && wasCutOff(cause));
}

async function ask(
  url: string,
  etag: string | undefined,
  bounds: ReadingBounds,
): Promise<BoundedAnswer> {
  const headers = {
    accept: 'application/json',
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
  };
  const reads = (status: number) => status === 200;
  try {
    return await boundedAnswer(url, { headers }, { ...bounds, maxBytes, reads });
  } catch (error) {
    if (!(error instanceof UnansweredError)) throw error;
    throw new KeySourceError(error.message, { cause: error.cause });
  }
}

function parse(url: string, body: Uint8Array): JsonObject {
  try {
    return parseStrictObject(body);
  } catch (cause) {
    throw new KeySourceError(`${url} answered no strict JSON object`, { cause });
  }
}

function freshFor(headers: Headers, longest: number): number {
  const seconds = (pattern: RegExp, text: string | null): number | undefined => {
    const [, digits] = pattern.exec(text ?? '') ?? [];
    return digits === undefined ? undefined : Number(digits);
  };
  const maxAge = seconds(/(?:^|[\s,])max-age=(\d+)/i, headers.get('cache-control')) ?? longest;
  const age = seconds(/^(\d+)$/, headers.get('age')) ?? 0;
  return Math.min(Math.max(maxAge - age, shortestMaxAge), longest);
}
