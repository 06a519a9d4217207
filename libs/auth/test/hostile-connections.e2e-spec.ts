import type { AddressInfo } from 'node:net';

import 'reflect-metadata';
import { Controller, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GrpcMethod } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import {
  aToken,
  createTestIssuer,
  fitsHeader,
  hostileTokens,
  testClock,
} from '@countersign/testing';

import { Audience, Authenticated, CountersignModule } from '../src/index.js';
import { CountersignIoAdapter, CountersignWsAdapter } from '../src/websockets.js';
import { keepLines, type Lines } from './adapters.js';
import { CENSUS } from './census.module.js';
import { call, plainClient, serveGrpc } from './grpc-service.js';

const clock = testClock();
const trust = { subjects: [`${CENSUS}user/`], mayAssert: ['users:read'] };
const server = createTestIssuer({ clock, trust });
const peer = createTestIssuer({ kind: 'service-peer', clock, trust });
const context = {
  server,
  peer,
  audience: CENSUS,
  subject: `${CENSUS}user/42/`,
} as Parameters<(typeof hostileTokens)[number]['make']>[0];
const ran: string[] = [];

@Controller()
@Audience('census')
@Authenticated()
class Users {
  @GrpcMethod('Users', 'Find')
  find() {
    ran.push('find');
    return { id: '42' };
  }
}

@WebSocketGateway()
@Audience('census')
@Authenticated()
class UserGateway {
  handleConnection() {
    ran.push('connected');
  }
}

function appModule(controllers: Type[], providers: Type[]): Type {
  @Module({
    imports: [
      CountersignModule.forRoot({
        service: 'census',
        audiences: { census: CENSUS },
        trust: [server.trustEntry(), peer.trustEntry()],
        clock,
      }),
    ],
    controllers,
    providers,
  })
  class AppModule {}
  return AppModule;
}

interface Service extends Lines {
  /** The code that a token is refused with, or `let in`. */
  present(token: string): Promise<string | undefined>;
  close(): Promise<unknown>;
}

async function startGrpc(): Promise<Service> {
  const { app, port, ...lines } = await serveGrpc(appModule([Users], []));
  const client = plainClient(port);
  const present = async (token: string) => {
    const { code, status } = await call(client, 'Find', { authorization: `Bearer ${token}` });
    return status === undefined ? 'let in' : code;
  };
  const close = () => {
    client.close();
    return app.close();
  };
  return { ...lines, present, close };
}

const onWs = (url: string, token: string) =>
  new Promise<string>((resolve, reject) => {
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
    socket.on('error', reject);
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk) => (body += String(chunk)));
      response.on('end', () => resolve((JSON.parse(body) as { code: string }).code));
    });
    socket.on('open', () => {
      socket.close();
      resolve('let in');
    });
  });

const byPayload = (url: string, token: string) =>
  new Promise<string | undefined>((resolve) => {
    const socket = io(url, { reconnection: false, forceNew: true, auth: { token } });
    const end = (code: string | undefined) => {
      socket.disconnect();
      resolve(code);
    };
    socket.on('connect', () => end('let in'));
    socket.on('connect_error', (error) => end((error as { data?: { code: string } }).data?.code));
  });

const startSockets = (platform: 'ws' | 'socket.io') => async (): Promise<Service> => {
  const { logger, lines } = keepLines();
  const module = appModule([], [UserGateway]);
  const app = await NestFactory.create(module, new FastifyAdapter(), { logger });
  app.useWebSocketAdapter(
    platform === 'ws'
      ? new CountersignWsAdapter(app, new WsAdapter(app))
      : new CountersignIoAdapter(app, new IoAdapter(app)),
  );
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const present = (token: string) =>
    platform === 'ws'
      ? onWs(`ws://127.0.0.1:${port}`, token)
      : byPayload(`http://127.0.0.1:${port}`, token);
  return { ...lines, present, close: () => app.close() };
};

describe.each([
  ['gRPC', startGrpc],
  ['ws', startSockets('ws')],
  ['the payload of socket.io', startSockets('socket.io')],
])('hostile tokens over %s', (_, start) => {
  let service: Service;

  beforeAll(async () => {
    service = await start();
  });
  afterAll(() => service.close());

  const travelling = hostileTokens.filter(({ make }) => fitsHeader(make(context)));

  it.each(travelling)('are refused: $name with $code', async ({ code, make }) => {
    ran.length = 0;
    service.decisions.length = 0;
    const token = make(context);
    expect(await service.present(token)).toBe(code);
    expect(ran).toEqual([]);
    expect(service.decisions).toEqual([expect.objectContaining({ code })]);
    const parts = token.split('.').filter((part) => part.length > 20);
    const said = JSON.stringify([service.decisions, service.drops]);
    for (const part of parts) expect(said).not.toContain(part);
  });

  it('leave the next good one alone', async () => {
    expect(await service.present(aToken().from(server).to(CENSUS).sign())).toBe('let in');
  });
});
