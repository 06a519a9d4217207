/** What docs/guides/message-transports.md shows of gRPC, as it is compiled and run. */
import { join } from 'node:path';

import { Controller, Inject, Injectable, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { firstValueFrom, from, type Observable } from 'rxjs';
import {
  servicePeer,
  type CallerRef,
  type ServicePeerOptions,
  type TokenSource,
} from '@countersign/token';

import {
  Audience,
  Caller,
  CountersignClientsModule,
  CountersignModule,
  Scopes,
} from '../../src/index.js';
import { CountersignGrpcClient, CountersignGrpcServer, grpcClient } from '../../src/grpc.js';

const protoPath = join(import.meta.dirname, 'users.proto');

@Controller()
@Audience('census')
export class UserMethods {
  @GrpcMethod('Users', 'Find')
  @Scopes('users:read')
  find(@Payload() query: { id: string }, @Caller() caller: CallerRef) {
    return { id: query.id, shownTo: caller.name };
  }

  @GrpcMethod('Users', 'Watch')
  @Scopes('users:read')
  watch(query: { id: string }) {
    return from([{ id: query.id }, { id: query.id }]);
  }
}

/** The service that is called. */
export async function serveGrpc(jwks: ServicePeerOptions['jwks'], url: string) {
  const trust = servicePeer('herald', {
    issuer: 'https://herald.example/',
    jwks,
    mayAssert: ['users:read'],
  });

  @Module({
    imports: [
      CountersignModule.forRoot({
        service: 'census',
        audiences: { census: 'https://census.example/' },
        trust: [trust],
      }),
    ],
    controllers: [UserMethods],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, new FastifyAdapter());
  const server = new CountersignGrpcServer({ url, package: 'census', protoPath });
  app.connectMicroservice({ strategy: server });
  await app.startAllMicroservices();
  return { app, server };
}

interface UsersClient {
  find(query: { id: string }): Observable<{ id: string; shownTo: string }>;
}

@Injectable()
export class Greeter {
  constructor(@Inject('CENSUS') private readonly census: CountersignGrpcClient) {}

  greet(id: string) {
    return firstValueFrom(this.census.asSelf<UsersClient>('Users').find({ id }));
  }
}

/** The service that calls. */
export function grpcCallerModule(source: TokenSource, url: string): Type {
  const census = grpcClient({
    provide: 'CENSUS',
    useFactory: () => ({
      name: 'census',
      url,
      package: 'census',
      protoPath,
      audience: 'https://census.example/',
      scopes: ['users:read'],
      source,
    }),
  });

  @Module({
    imports: [CountersignClientsModule.forRoot({ clients: {} })],
    providers: [census, Greeter],
  })
  class CallerModule {}
  return CallerModule;
}
