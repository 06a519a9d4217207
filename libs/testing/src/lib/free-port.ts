import { createServer } from 'node:http';

import { closeServer, listenOnLoopback } from './loopback-server.js';

/**
 * A port of 127.0.0.1 that nobody listens on: for programs whose own URL has to be known before they
 * listen. Where a server can take port 0 itself, let it: between here and there another may come.
 * @publicApi
 */
export async function freePort(): Promise<number> {
  const server = createServer();
  const origin = await listenOnLoopback(server);
  await closeServer(server);
  return Number(new URL(origin).port);
}
