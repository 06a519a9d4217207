/**
 * Reads a revocation feed over HTTP from a server that may be broken or hostile: bounded in time, in
 * bytes and in hops. Knows messages as text only.
 */
import type { FeedPosition } from './revocation-state.js';
import { readEvents } from './read-events.js';
import { RevocationFeedError } from './revocation-feed-error.js';

/** How one feed is asked. @internal */
export interface FeedReaderOptions {
  readonly url: string;
  readonly fetch: typeof fetch;
  /** Milliseconds that one message may take. */
  readonly patience: number;
  readonly maxBytes: number;
}

/** How a feed answers: with one message, or with messages for as long as it lasts. @publicApi */
export type FeedKind = 'events' | 'message';

/** Takes a message; resolves when it was understood. @internal */
export type OnMessage = (message: string, kind: FeedKind) => Promise<void>;

const accepted: Readonly<Record<FeedKind, string>> = {
  events: 'text/event-stream, application/jwt;q=0.5',
  message: 'application/jwt',
};

/**
 * Asks the feed once and hands over every message of its answer, until it ends.
 *
 * Rejects with a {@link RevocationFeedError} for any status but 200 (redirects too), another content
 * type, a message that is too long, and one that does not come within `patience`, whatever else
 * drips meanwhile; with what `onMessage` rejects with; and when `signal` ends it.
 * @internal
 */
export async function readFeed(
  { url, fetch: ask, patience, maxBytes }: FeedReaderOptions,
  kind: FeedKind,
  position: FeedPosition | undefined,
  onMessage: OnMessage,
  signal: AbortSignal,
): Promise<void> {
  const watch = watchdog(patience, signal);
  try {
    const response = await watch.race(
      ask(feedUrl(url, position), {
        headers: {
          accept: accepted[kind],
          ...(position && { 'last-event-id': `${position.epoch}:${position.version}` }),
        },
        redirect: 'manual',
        signal: watch.signal,
      }),
    );
    const answer = await kindOf(response);
    for await (const message of messagesOf(response, answer, maxBytes, watch)) {
      watch.feed();
      await onMessage(message, answer);
    }
  } catch (error) {
    throw watch.isLate() ? new RevocationFeedError(`no message within ${patience} ms`) : error;
  } finally {
    watch.stop();
  }
}

/** `after` and `epoch` say it to every server, Last-Event-ID to one that speaks events only. */
function feedUrl(url: string, position: FeedPosition | undefined): string {
  const target = new URL(url);
  target.searchParams.set('after', String(position?.version ?? 0));
  if (position !== undefined) target.searchParams.set('epoch', position.epoch);
  return target.href;
}

async function kindOf(response: Response): Promise<FeedKind> {
  const [type = ''] = (response.headers.get('content-type') ?? '').toLowerCase().split(';');
  const kinds: Readonly<Record<string, FeedKind>> = {
    'text/event-stream': 'events',
    'application/jwt': 'message',
  };
  const kind = kinds[type.trim()];
  if (response.status === 200 && kind !== undefined) return kind;
  await response.body?.cancel();
  throw new RevocationFeedError(`the feed answered ${response.status} with another content`);
}

async function* messagesOf(
  response: Response,
  kind: FeedKind,
  maxBytes: number,
  watch: Watchdog,
): AsyncGenerator<string> {
  const body = watched(response.body, watch);
  if (kind === 'events') return yield* readEvents(body, maxBytes);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw new RevocationFeedError(`a message of more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  yield Buffer.concat(chunks).toString('latin1');
}

/** The race holds even against a body that ignores its signal. */
async function* watched(
  body: ReadableStream<Uint8Array> | null,
  watch: Watchdog,
): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await watch.race(reader.read());
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

/** Ends what takes too long. */
interface Watchdog {
  readonly signal: AbortSignal;
  /** Starts the time anew. */
  feed(): void;
  isLate(): boolean;
  race<T>(work: Promise<T>): Promise<T>;
  stop(): void;
}

function watchdog(milliseconds: number, outer: AbortSignal): Watchdog {
  const controller = new AbortController();
  let isLate = false;
  const end = (): void => controller.abort();
  const timer = setTimeout(() => {
    isLate = true;
    end();
  }, milliseconds).unref();
  outer.addEventListener('abort', end);
  if (outer.aborted) end();
  const ended = new Promise<never>((_, reject) => {
    const refuse = (): void => reject(new RevocationFeedError('ended'));
    if (controller.signal.aborted) refuse();
    controller.signal.addEventListener('abort', refuse);
  });
  ended.catch(() => undefined);
  return {
    signal: controller.signal,
    feed: () => timer.refresh(),
    isLate: () => isLate,
    race: (work) => Promise.race([work, ended]),
    stop: () => {
      clearTimeout(timer);
      outer.removeEventListener('abort', end);
      end();
    },
  };
}
