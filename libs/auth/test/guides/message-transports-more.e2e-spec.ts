import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WebSocket } from 'ws';
import { createSigner, selfIssued } from '@countersign/token';
import { aToken, createTestIssuer, createTestKey } from '@countersign/testing';

import { Greeter, grpcCallerModule, serveGrpc } from './message-transports-grpc.js';
import {
  connectByIo,
  connectByWs,
  connected,
  serveWebSockets,
} from './message-transports-web-sockets.js';

const subjects = ['https://census.example/user/'];
const issuer = createTestIssuer({ trust: { subjects } });
const token = () =>
  aToken()
    .from(issuer)
    .to('https://census.example/')
    .onBehalfOf('https://census.example/user/42/')
    .scopes('users:read')
    .sign();

describe('the guide of message transports', () => {
  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(() => {
    connected.length = 0;
  });

  it('shows what works of gRPC', async () => {
    const key = createTestKey('ES256', 'herald-1');
    const { app, server } = await serveGrpc([key.jwk], '127.0.0.1:0');
    const signer = createSigner({ algorithm: 'ES256', kid: key.kid, privateKey: key.signingKey });
    const source = selfIssued({ issuer: 'https://herald.example/', signer });
    const module = grpcCallerModule(source, `127.0.0.1:${server.port}`);
    const caller = await NestFactory.createApplicationContext(module);
    expect(await caller.get(Greeter).greet('42')).toEqual({ id: '42', shownTo: 'herald' });
    await caller.close();
    await app.close();
  });

  it('shows what works of WebSockets', async () => {
    const app = await serveWebSockets(issuer.trustEntry(), 'ws');
    const { port } = app.getHttpServer().address() as AddressInfo;
    const socket = connectByWs(WebSocket as never, `ws://127.0.0.1:${port}`, token());
    await once(socket as never, 'open');
    socket.send(JSON.stringify({ event: 'user.find' }));
    const [message] = (await once(socket as never, 'message')) as [unknown];
    expect(JSON.parse(String(message))).toEqual({
      event: 'user',
      data: 'https://census.example/user/42/',
    });
    expect(connected).toEqual(['https://census.example/user/42/']);
    socket.close();
    await app.close();
  });

  it('shows what works of socket.io', async () => {
    const app = await serveWebSockets(issuer.trustEntry(), 'socket.io');
    const { port } = app.getHttpServer().address() as AddressInfo;
    const socket = connectByIo(`http://127.0.0.1:${port}`, token());
    await new Promise<void>((resolve) => socket.on('connect', resolve));
    const answer = new Promise((resolve) => socket.on('user', resolve));
    socket.emit('user.find');
    expect(await answer).toBe('https://census.example/user/42/');
    socket.disconnect();
    await app.close();
  });
});
