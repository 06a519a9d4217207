/**
 * Reads one JSON document over HTTP from a server that may be broken or hostile: bounded in time,
 * in decoded bytes and in hops. Knows nothing of keys.
 */
import { parseStrictObject } from '../strict-json.js';
import { toSeconds } from '../to-seconds.js';
import type { Duration } from '../to-seconds.js';
import type { JsonObject } from '../types.js';
import { KeySourceError } from './key-source.js';

/** How documents are read; every bound has its safe default. @publicApi */
export interface ReaderOptions {
  /** What does the requests; the global `fetch` unless told. */
  readonly fetch?: typeof fetch;
  /** For one request with headers and body; 3 s unless told. */
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

/**
 * Makes a function that reads the JSON object at `url`, with `If-None-Match` after the first time.
 *
 * Refuses with a {@link KeySourceError}: any status but 200 (or 304 to a conditional request),
 * redirects, more than 256 KB after content decoding, an answer that is not complete in time, and
 * whatever strict JSON parsing refuses. The content type is not looked at: servers often get it
 * wrong, and strict parsing decides anyway. `Cache-Control: max-age` less `Age` (RFC 9111 section
 * 4.2) is clamped to 30 s .. `maxAge`.
 * @internal
 */
export function documentReader(url: string, options: ReaderOptions): () => Promise<FreshDocument> {
  const timeout = toSeconds(options.timeout ?? '3s', 'keys.timeout') * 1000;
  const longestMaxAge = toSeconds(options.maxAge ?? '10m', 'keys.maxAge');
  let known: { readonly etag: string; readonly document: JsonObject } | undefined;

  return async () => {
    const { response, body } = await within(timeout, url, (signal) =>
      request(options.fetch ?? fetch, url, known?.etag, signal),
    );
    const maxAge = freshFor(response.headers, longestMaxAge);
    if (body === undefined) {
      if (known === undefined) throw new KeySourceError(`${url} answered 304 to the first request`);
      return { document: known.document, maxAge };
    }
    const document = parse(url, body);
    const etag = response.headers.get('etag');
    known = etag !== null && etag.length <= 256 ? { etag, document } : undefined;
    return { document, maxAge };
  };
}

interface Answer {
  readonly response: Response;
  /** Undefined for 304. */
  readonly body: Uint8Array | undefined;
}

async function request(
  ask: typeof fetch,
  url: string,
  etag: string | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  const response = await ask(url, {
    headers: {
      accept: 'application/json',
      ...(etag === undefined ? {} : { 'if-none-match': etag }),
    },
    redirect: 'manual',
    signal,
  });
  if (response.status !== 200) await response.body?.cancel();
  if (response.status === 304) return { response, body: undefined };
  const { status } = response;
  if (status !== 200) throw new KeySourceError(`${url} answered ${status}`, { status });
  return { response, body: await readBounded(url, response.body) };
}

/** `fetch` decodes content codings, so this counts what a gzip bomb unfolds to. */
async function readBounded(
  url: string,
  body: ReadableStream<Uint8Array> | null,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    // Leaving the loop cancels the stream, which closes the connection.
    if (size > maxBytes) throw new KeySourceError(`${url} answered more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The race holds even against a `fetch` that ignores its signal. */
async function within(
  milliseconds: number,
  url: string,
  ask: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new KeySourceError(`${url} did not answer within ${milliseconds} ms`));
      controller.abort();
    }, milliseconds);
  });
  try {
    return await Promise.race([ask(controller.signal), deadline]);
  } catch (error) {
    if (error instanceof KeySourceError) throw error;
    throw new KeySourceError(`${url} could not be read: ${reasonOf(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** The innermost code, such as ECONNREFUSED: `fetch` itself only says that it failed. */
function reasonOf(error: unknown): string {
  const { code, cause, message } = (error ?? {}) as Partial<
    Record<'code' | 'cause' | 'message', unknown>
  >;
  if (typeof code === 'string') return code;
  return cause === undefined ? String(message) : reasonOf(cause);
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
