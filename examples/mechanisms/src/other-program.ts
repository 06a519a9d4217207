// The program at the other end of a connection, so that what it costs is not counted on this one: an
// introspection endpoint over HTTP, and a server over TLS. Told what to do by its parent.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';

import { createTestCertificate } from '@countersign/testing';

import { parts } from './mechanism.js';

const tokens = new Set<string>();

const introspection = createHttpServer((request, response) => {
  let body = '';
  request.setEncoding('latin1').on('data', (part: string) => (body += part));
  request.on('end', () => {
    const isActive = tokens.has(new URLSearchParams(body).get('token') ?? '');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(isActive ? active() : { active: false }));
  });
});

function active(): object {
  const iat = Math.floor(Date.now() / 1000);
  const { authServer: iss, census: aud, scope } = parts;
  const who = { iss, aud, sub: 'herald', client_id: 'herald', scope, token_type: 'Bearer' };
  return { active: true, ...who, iat, exp: iat + 300 };
}

const { cert, key } = createTestCertificate();
const options = { cert, key, minVersion: 'TLSv1.3', rejectUnauthorized: false } as const;
const tls = createTlsServer(options, (socket) => socket.end('.'));
const mutualTls = createTlsServer({ ...options, requestCert: true }, (socket) => socket.end('.'));

async function listen(server: Server | TlsServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

process.on('message', (question) => {
  if (question === 'cpu') process.send?.(process.cpuUsage());
  if (question !== 'token') return;
  const token = randomBytes(32).toString('base64url');
  tokens.add(token);
  process.send?.(token);
});
process.on('disconnect', () => process.exit());
process.send?.({
  introspection: await listen(introspection),
  tls: await listen(tls),
  mutualTls: await listen(mutualTls),
});
