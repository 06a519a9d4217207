/**
 * What a broken, overloaded or hostile server answers, whatever it was asked: one function per way.
 */
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { brotliCompressSync, gzipSync } from 'node:zlib';

type Break = (response: ServerResponse) => void;

const megabyte = 1024 * 1024;
const blanks = Buffer.alloc(64 * 1024, ' ');
const json = { 'content-type': 'application/json' };
const beginning = '{"a":[';

/** Writes chunks as fast as the other side reads, until it leaves or `bytes` are sent. */
function pour(response: ServerResponse, chunk: Buffer, bytes: number): void {
  let left = bytes;
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= chunk.length;
      if (!response.write(chunk)) return void response.once('drain', more);
    }
    response.end();
  };
  more();
}

/** Writes a byte now and one each second, for ever, by whatever writes. */
function drip(response: ServerResponse, write: () => void): void {
  write();
  const timer = setInterval(write, 1000);
  response.once('close', () => clearInterval(timer));
}

const body =
  (content: string | Buffer, headers: object = {}): Break =>
  (response) =>
    void response.writeHead(200, { ...json, ...headers }).end(content);

const truncated: Break = (response) => {
  response.writeHead(200, { ...json, 'content-length': 1000 });
  response.write(`${beginning}1`, () => response.destroy());
};

const huge: Break = (response) => {
  response.writeHead(200, json).write(beginning);
  pour(response, blanks, 256 * megabyte);
};

const endlessError: Break = (response) => {
  response.writeHead(500);
  pour(response, blanks, 256 * megabyte);
};

// Gzip allows many members in a row: 64 MB of them unfold to some 60 GB.
const gzipBomb: Break = (response) => {
  response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).write(gzipSync(beginning));
  pour(response, gzipSync(Buffer.alloc(megabyte, ' ')), 64 * megabyte);
};

const brotliBomb: Break = (response) => {
  const blank = Buffer.alloc(16 * megabyte, ' ');
  body(brotliCompressSync(blank), { 'content-encoding': 'br' })(response);
};

const endlessHeaders: Break = ({ socket }) => {
  const line = `x-more: ${'x'.repeat(1000)}\r\n`;
  const more = (): void => {
    while (socket?.destroyed === false && socket.write(line));
  };
  socket?.on('drain', more).write('HTTP/1.1 200 OK\r\n');
  more();
};

const slowHeaders: Break = (response) => {
  response.socket?.write('HTTP/1.1 200 OK\r\nx-slow: ');
  drip(response, () => response.socket?.write('x'));
};

const dripping: Break = (response) => {
  response.writeHead(200, json).write(beginning);
  drip(response, () => response.write(' '));
};

/** Ways to answer by which nobody can learn anything. @internal */
export const brokenAnswers = {
  html: body('<!doctype html><title>Sign in</title>', { 'content-type': 'text/html' }),
  garbage: body(randomBytes(512)),
  nothing: body(''),
  null: body('null'),
  'bare-array': body('[]'),
  truncated,
  huge,
  'gzip-bomb': gzipBomb,
  'brotli-bomb': brotliBomb,
  'endless-headers': endlessHeaders,
  drip: dripping,
  hang: () => undefined,
  'slow-headers': slowHeaders,
  reset: (response) => void response.socket?.resetAndDestroy(),
  'status-500': (response) => void response.writeHead(500).end('{"error":"not today"}'),
  'endless-error': endlessError,
} as const satisfies Readonly<Record<string, Break>>;
