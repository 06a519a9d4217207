import { RevocationFeedError } from './revocation-feed-error.js';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * The `data` of each server-sent event of a stream (WHATWG HTML section 9.2.6), in order; comments,
 * ids, other fields and empty events are skipped.
 *
 * Refuses with a {@link RevocationFeedError} an event longer than `maxBytes`. Leaving the loop
 * cancels the stream.
 * @internal
 */
export async function* readEvents(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<string> {
  let data: string[] = [];
  let size = 0;
  for await (const line of readLines(body, maxBytes)) {
    size += line.length;
    if (size > maxBytes) throw tooLong(maxBytes);
    if (line.startsWith('data:')) data.push(line.slice(line.startsWith('data: ') ? 6 : 5));
    if (line !== '') continue;
    if (data.length > 0) yield data.join('\n');
    data = [];
    size = 0;
  }
}

/** Lines that end in LF, CRLF or CR; what follows the last end is no line yet. */
async function* readLines(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<string> {
  let pending: Buffer[] = [];
  let length = 0;
  let wasReturn = false;
  for await (const chunk of body) {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      const isEnd = byte === LINE_FEED || byte === CARRIAGE_RETURN;
      if (isEnd && !(byte === LINE_FEED && wasReturn)) {
        yield Buffer.concat([...pending, chunk.subarray(start, at)]).toString('utf8');
        pending = [];
        length = 0;
      }
      if (isEnd) start = at + 1;
      wasReturn = byte === CARRIAGE_RETURN;
    }
    length += chunk.length - start;
    if (length > maxBytes) throw tooLong(maxBytes);
    // Copied: a slow sender must not make a small rest hold a large chunk.
    if (start < chunk.length) pending.push(Buffer.from(chunk.subarray(start)));
  }
}

function tooLong(maxBytes: number): RevocationFeedError {
  return new RevocationFeedError(`an event of more than ${maxBytes} bytes`);
}
