/** What docs/guides/message-transports.md shows, as it is compiled and run. */
import { Controller, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  memoryReplay,
  servicePeer,
  type CallerRef,
  type SelfIssuedTokens,
  type ServicePeerOptions,
} from '@countersign/token';

import {
  Audience,
  Caller,
  Callers,
  CountersignModule,
  RequestBound,
  Scopes,
  SingleUse,
} from '../../src/index.js';
import { CountersignTcpClient, CountersignTcpServer } from '../../src/microservices.js';

/** What the events told. */
export const changes: string[] = [];

@Controller()
@Audience('census')
export class UserMessages {
  @MessagePattern('user.find')
  @Scopes('users:read')
  find(@Payload() query: { id: string }, @Caller() caller: CallerRef) {
    return { id: query.id, shownTo: caller.name };
  }

  @EventPattern('user.changed')
  @Callers('herald')
  @RequestBound()
  @SingleUse()
  changed(@Payload() user: { id: string }) {
    changes.push(user.id);
  }
}

/** The module of the service that is called. */
export function appModule(jwks: ServicePeerOptions['jwks']): Type {
  @Module({
    imports: [
      CountersignModule.forRoot({
        service: 'census',
        audiences: { census: 'https://census.example/' },
        trust: [
          servicePeer('herald', {
            issuer: 'https://herald.example/',
            jwks,
            mayAssert: ['users:read'],
          }),
        ],
        replay: memoryReplay(),
      }),
    ],
    controllers: [UserMessages],
  })
  class AppModule {}
  return AppModule;
}

/** The service that is called. */
export async function serve(AppModule: Type, port: number, httpPort: number) {
  const app = await NestFactory.create(AppModule, new FastifyAdapter());
  const server = new CountersignTcpServer({ port });
  app.connectMicroservice({ strategy: server });
  await app.startAllMicroservices();
  await app.listen(httpPort, '127.0.0.1');
  return { app, server };
}

/** The service that calls. */
export function callerModule(tokens: SelfIssuedTokens, port: number): Type {
  const census = {
    provide: 'CENSUS',
    useFactory: () =>
      new CountersignTcpClient({
        port,
        audience: 'https://census.example/',
        token: (message) => tokens.token({ ...message, scopes: ['users:read'] }),
      }),
  };

  @Module({ providers: [census] })
  class CallerModule {}
  return CallerModule;
}
