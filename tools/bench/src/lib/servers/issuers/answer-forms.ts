import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Listening } from '../probe.messages.js';

/** What a bare endpoint answers. */
export type FormHandler = (
  headers: IncomingMessage['headers'],
  body: string,
) => object | Promise<object>;

/** A bare node:http endpoint: reads a body, answers JSON, and 401 for whatever is thrown. */
export function answerForms(handle: FormHandler): Server {
  return createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void answer(Buffer.concat(chunks).toString());
    });
    const answer = async (body: string): Promise<void> => {
      let status = 200;
      let text: string;
      try {
        text = JSON.stringify(await handle(request.headers, body));
      } catch {
        status = 401;
        text = '{"error":"invalid_client"}';
      }
      response
        .writeHead(status, {
          'content-type': 'application/json; charset=utf-8',
          'content-length': Buffer.byteLength(text),
          'cache-control': 'no-store',
        })
        .end(text);
    };
  });
}

/** Listens on a free port and tells the benchmark which. */
export function announce(server: Server): void {
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    process.send?.({ kind: 'listening', port } satisfies Listening);
  });
}
