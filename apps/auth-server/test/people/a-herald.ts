import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createRemoteJWKSet, jwtVerify, type JWTPayload } from 'jose';

import { issuer } from './start-people-server.js';

/** What Herald was asked, and by whom. */
export interface Asked {
  readonly body: Readonly<Record<string, string>>;
  readonly key: string;
  readonly claims: JWTPayload;
}

/** A Herald that verifies who asks, and can be told to be away. */
export async function startHeraldStandIn() {
  const asked: Asked[] = [];
  let status = 201;
  let jwks = '';
  const server = createServer((request, response) => {
    const take = async (): Promise<number> => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      if (status !== 201) return status;
      const token = (request.headers.authorization ?? '').replace('Bearer ', '');
      const keys = createRemoteJWKSet(new URL(jwks));
      const rules = { issuer, audience: url, typ: 'at+jwt' };
      const { payload } = await jwtVerify(token, keys, rules);
      const key = String(request.headers['idempotency-key']);
      asked.push({ body: JSON.parse(text) as Asked['body'], key, claims: payload });
      return 201;
    };
    take().then(
      (code) => response.writeHead(code, { 'content-type': 'application/json' }).end('{}'),
      () => response.writeHead(401, { 'content-type': 'application/json' }).end('{}'),
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    asked,
    /** Where the keys of who asks are. */
    believe: (server: string) => void (jwks = `${server}.well-known/jwks.json`),
    /** Answers with this from now on. */
    answer: (code: number) => void (status = code),
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
