/**
 * One HTTP exchange with a server that may be broken or hostile: bounded in time, in decoded bytes
 * and in hops. Knows nothing of what is asked.
 */

/** The bounds of an exchange. @internal */
export interface AnswerBounds {
  /** What does the request. */
  readonly ask: typeof fetch;
  /** For the request with headers and body, in milliseconds. */
  readonly timeout: number;
  /** Counted after content decoding. */
  readonly maxBytes: number;
  /** Of which answers the body is read; of none else. */
  readonly reads: (status: number) => boolean;
}

/** @internal */
export interface BoundedAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Empty where it was not read. */
  readonly body: Buffer;
}

/** No complete answer within the bounds; the message names the URL and the reason. @internal */
export class UnansweredError extends Error {
  override readonly name = 'UnansweredError';
}

const nothing = Buffer.alloc(0);

/**
 * Does one request and follows no redirect. Rejects with an {@link UnansweredError} when there is no
 * complete answer in time, or more than `maxBytes` of it.
 * @internal
 */
export async function boundedAnswer(
  url: string,
  init: RequestInit,
  bounds: AnswerBounds,
): Promise<BoundedAnswer> {
  return within(bounds.timeout, url, async (signal) => {
    const response = await bounds.ask(url, { ...init, redirect: 'manual', signal });
    const { status, headers, body } = response;
    if (bounds.reads(status))
      return { status, headers, body: await readBounded(url, body, bounds.maxBytes) };
    await body?.cancel();
    return { status, headers, body: nothing };
  });
}

/** `fetch` decodes content codings, so this counts what a gzip bomb unfolds to. */
async function readBounded(
  url: string,
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    // Leaving the loop cancels the stream, which closes the connection.
    if (size > maxBytes) throw new UnansweredError(`${url} answered more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The race holds even against a `fetch` that ignores its signal. */
async function within<Result>(
  milliseconds: number,
  url: string,
  ask: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new UnansweredError(`${url} did not answer within ${milliseconds} ms`));
      controller.abort();
    }, milliseconds);
  });
  try {
    return await Promise.race([ask(controller.signal), deadline]);
  } catch (error) {
    if (error instanceof UnansweredError) throw error;
    throw new UnansweredError(`${url} could not be read: ${reasonOf(error)}`, { cause: error });
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
