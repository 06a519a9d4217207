import { connect } from 'node:net';

/** What came back over a connection. @publicApi */
export interface FramesAnswer {
  /** The messages that were answered, in their order. */
  readonly messages: readonly unknown[];
  /** Whether the other side ended the connection. */
  readonly isClosed: boolean;
}

/**
 * Sends bytes to a message server on 127.0.0.1, and waits for so many answers, or for the end of the
 * connection, whichever comes first.
 *
 * @example
 * const { messages } = await exchangeFrames(port, messageFrame({ id: 'a', pattern: 'sum', data: [1] }));
 * @publicApi
 */
export async function exchangeFrames(
  port: number,
  bytes: Uint8Array,
  answers = 1,
): Promise<FramesAnswer> {
  const socket = connect({ host: '127.0.0.1', port });
  const messages: unknown[] = [];
  let isClosed = false;
  let text = '';
  socket.on('error', () => undefined); // a reset is an end, too
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      isClosed = true;
      resolve();
    });
  });
  const answered = new Promise<void>((resolve) => {
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text = takeMessages(text + chunk, messages);
      if (messages.length >= answers) resolve();
    });
  });
  socket.write(bytes);
  await Promise.race([answered, closed]);
  const answer = { messages, isClosed };
  socket.destroy();
  return answer;
}

/** Takes the whole messages off the beginning of a text; answers what is left. */
function takeMessages(text: string, messages: unknown[]): string {
  let rest = text;
  for (;;) {
    const start = rest.indexOf('#') + 1;
    const end = start + Number(rest.slice(0, start - 1));
    if (start === 0 || rest.length < end) return rest;
    messages.push(JSON.parse(rest.slice(start, end)));
    rest = rest.slice(end);
  }
}
