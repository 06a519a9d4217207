import { connect } from 'node:net';

/** The answer to bytes that were sent as they are. @publicApi */
export interface RawAnswer {
  readonly status: number;
  /** Everything after the header fields, as it came. */
  readonly body: string;
}

const patience = 10_000;

/**
 * Writes bytes to a server on a socket of their own and reads until it closes: for requests that no
 * HTTP client would send. Rejects when no answer comes within 10 s.
 *
 * @example
 * const { status } = await sendBytes('http://127.0.0.1:4000', Buffer.from('GET / HTTP/1.1\r\n...'));
 * @publicApi
 */
export function sendBytes(origin: string, bytes: Uint8Array): Promise<RawAnswer> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const received: Buffer[] = [];
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes));
    const end = () => {
      const text = Buffer.concat(received).toString('latin1');
      const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(text) ?? [];
      if (status === undefined) return reject(new Error('the server closed without an answer'));
      resolve({ status: Number(status), body: text.slice(text.indexOf('\r\n\r\n') + 4) });
    };
    socket.setTimeout(patience, () => socket.destroy(new Error('the server did not answer')));
    socket.on('data', (chunk) => received.push(chunk));
    socket.on('error', (error) => (received.length > 0 ? end() : reject(error)));
    socket.on('end', end);
  });
}
