/** What docs/guides/message-transports.md shows of WebSockets, as it is compiled and run. */
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway, type OnGatewayConnection } from '@nestjs/websockets';
import { io } from 'socket.io-client';
import type { SubjectRef, TrustEntry } from '@countersign/token';

import {
  Audience,
  CountersignModule,
  RequireUser,
  Scopes,
  Subject,
  principalOf,
} from '../../src/index.js';
import { CountersignIoAdapter, CountersignWsAdapter } from '../../src/websockets.js';

/** Who connected. */
export const connected: string[] = [];

@WebSocketGateway()
@Audience('census')
@RequireUser()
export class UserGateway implements OnGatewayConnection {
  handleConnection(client: object) {
    connected.push(principalOf(client)?.subject?.uri ?? 'nobody');
  }

  @SubscribeMessage('user.find')
  @Scopes('users:read')
  find(@Subject() user: SubjectRef) {
    return { event: 'user', data: user.uri };
  }
}

/** The service that is connected to. */
export async function serveWebSockets(trust: TrustEntry, platform: 'ws' | 'socket.io') {
  @Module({
    imports: [
      CountersignModule.forRoot({
        service: 'census',
        audiences: { census: 'https://census.example/' },
        trust: [trust],
      }),
    ],
    providers: [UserGateway],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, new FastifyAdapter());
  if (platform === 'ws') {
    app.useWebSocketAdapter(new CountersignWsAdapter(app, new WsAdapter(app)));
  } else {
    app.useWebSocketAdapter(new CountersignIoAdapter(app, new IoAdapter(app)));
  }
  await app.listen(0, '127.0.0.1');
  return app;
}

/** A page that connects, by ws. */
export function connectByWs(WebSocket: typeof globalThis.WebSocket, url: string, token: string) {
  const socket = new WebSocket(url, ['countersign', `countersign.bearer.${token}`]);
  return socket;
}

/** The same by socket.io. */
export function connectByIo(url: string, token: string) {
  const socket = io(url, { auth: { token } });
  return socket;
}
