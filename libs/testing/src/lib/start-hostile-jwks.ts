import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import { hostileAnswers } from './hostile-jwks-answers.js';
import { closeServer, listenOnLoopback } from './loopback-server.js';
import { createTestKey } from './test-key.js';
import type { TestKey } from './test-key.js';

/** A way to answer for a key set. @publicApi */
export type HostileJwksMode = keyof typeof hostileAnswers;

/** The modes whose answer holds the good key, in a form that a careful reader takes. @publicApi */
export const usableJwksModes: readonly HostileJwksMode[] = [
  'good',
  'gzip',
  'wrong-content-type',
  'max-age-zero',
  'max-age-ten-years',
  'age-over-max-age',
  'one-good-among-bad',
];

/** The modes whose answer must never replace a good set; `not-modified` may confirm it. @publicApi */
export const unusableJwksModes: readonly HostileJwksMode[] = (
  Object.keys(hostileAnswers) as HostileJwksMode[]
).filter((mode) => mode !== 'not-modified' && !usableJwksModes.includes(mode));

/** A key server that answers as badly as its mode says. @publicApi */
export interface HostileJwks {
  /** Answers in the current mode. */
  readonly jwksUri: string;
  /** The key that the good modes publish. */
  readonly key: TestKey;
  /** Takes effect with the next request. */
  mode: HostileJwksMode;
  /** Answers in this one mode, whatever the current one is. */
  jwksUriOf(mode: HostileJwksMode): string;
  /** Requests so far. */
  hits(): number;
  /** Bytes that went into sockets so far, headers included. */
  bytesSent(): number;
  /** Answers that the other side left before they were sent. */
  abandoned(): number;
  /** Settles when no answer is under way any more. */
  idle(): Promise<void>;
  /** Cuts every connection. */
  close(): Promise<void>;
}

/**
 * Starts a hostile key server on a free port of 127.0.0.1.
 *
 * @example
 * const hostile = await startHostileJwks();
 * hostile.mode = 'drip';
 * @publicApi
 */
export async function startHostileJwks(
  key: TestKey = createTestKey('ES256', 'good'),
): Promise<HostileJwks> {
  const tally = { hits: 0, abandoned: 0, sockets: new Set<Socket>() };
  const open = new Set<ServerResponse>();
  const hostile = { mode: 'good' as HostileJwksMode };
  const server = createServer((request, response) => {
    tally.hits += 1;
    open.add(response);
    response.once('close', () => {
      open.delete(response);
      if (!response.writableFinished) tally.abandoned += 1;
    });
    const [, , path] = (request.url ?? '').split('/');
    const mode = path !== undefined && Object.hasOwn(hostileAnswers, path) ? path : hostile.mode;
    const context = { good: key.jwk, goodPath: '/jwks/good' };
    hostileAnswers[mode as HostileJwksMode](response, context);
  });
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => undefined); // the other side may hang up at any time
    tally.sockets.add(socket);
  });
  const url = await listenOnLoopback(server);

  return Object.assign(hostile, {
    key,
    jwksUri: `${url}/jwks`,
    jwksUriOf: (mode: HostileJwksMode) => `${url}/jwks/${mode}`,
    hits: () => tally.hits,
    abandoned: () => tally.abandoned,
    bytesSent: () => [...tally.sockets].reduce((sum, socket) => sum + socket.bytesWritten, 0),
    idle: () => whenEmpty(open),
    close: () => closeServer(server),
  });
}

async function whenEmpty(open: ReadonlySet<ServerResponse>): Promise<void> {
  for (const response of open) {
    await new Promise<void>((resolve) => {
      if (response.closed) resolve();
      else response.once('close', () => resolve());
    });
  }
}
