import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { GrpcMethod, GrpcStreamMethod, MessagePattern } from '@nestjs/microservices';
import { map, type Observable } from 'rxjs';
import type { OutboundSubject, TokenSource } from '@countersign/token';
import { aToken, createTestIssuer, testClock } from '@countersign/testing';

import {
  Audience,
  Authenticated,
  CountersignClientsModule,
  CountersignModule,
  InjectClient,
  NoSubjectError,
  ServiceClient,
} from '../src/index.js';
import { CENSUS } from './census.module.js';
import { call, plainClient, serveGrpc, shapes as grpcShapes } from './grpc-service.js';
import { plainClient as tcpClient, request, serveMessages, shapes } from './message-service.js';

const clock = testClock();
const user = `${CENSUS}user/42/`;
const issuer = createTestIssuer({ clock, trust: { subjects: [`${CENSUS}user/`] } });

/** Who a call is made for is all that is asked here: there is nobody to call. */
const asked: (OutboundSubject | undefined)[] = [];
const source: TokenSource = {
  token: ({ subject }) => {
    asked.push(subject);
    throw new TypeError('far enough');
  },
};

@Controller()
@Audience('census')
@Authenticated()
class Callers {
  constructor(@InjectClient('ledger') private readonly ledger: ServiceClient) {}

  @MessagePattern('call')
  message() {
    return this.subject();
  }

  @GrpcMethod('Users', 'Find')
  async find() {
    return { id: await this.subject() };
  }

  @GrpcStreamMethod('Users', 'Watch')
  watch(queries: Observable<unknown>) {
    // What a stream brings comes in no call's course: who it is for is asked where the handler begins.
    const id = this.current();
    return queries.pipe(map(() => ({ id })));
  }

  private async subject(): Promise<string> {
    await new Promise(setImmediate);
    return this.current();
  }

  private current(): string {
    asked.length = 0;
    try {
      void this.ledger
        .asSubject()
        .get('/')
        .catch(() => undefined);
    } catch (error) {
      if (error instanceof NoSubjectError) return 'nobody';
      throw error;
    }
    return asked[0]?.uri ?? 'nobody was asked for';
  }
}

@Module({
  imports: [
    CountersignModule.forRoot({
      service: 'census',
      audiences: { census: CENSUS },
      trust: [issuer.trustEntry()],
      clock,
    }),
    CountersignClientsModule.forRoot({
      clients: { ledger: { url: 'https://ledger.example/', source } },
    }),
  ],
  controllers: [Callers],
})
class CallersModule {}

const token = () => aToken().from(issuer).to(CENSUS);
const bearer = (builder = token().onBehalfOf(user)) => ({
  authorization: `Bearer ${builder.sign()}`,
});

describe('a handler that calls as the user', () => {
  it.each(shapes)('of a message is the user of that message, in %s', async (_name, start) => {
    const { app, port } = await serveMessages(CallersModule, start);
    expect(await request(tcpClient(port, bearer()), 'call')).toBe(user);
    expect(await request(tcpClient(port, bearer(token())), 'call')).toBe('nobody');
    await app.close();
  });

  it.each(grpcShapes)('of gRPC is the user of that call, in %s', async (_name, start) => {
    const { app, port } = await serveGrpc(CallersModule, start);
    const client = plainClient(port);
    for (const method of ['Find', 'Watch']) {
      expect((await call(client, method, bearer())).answers).toEqual([{ id: user }]);
      expect((await call(client, method, bearer(token()))).answers).toEqual([{ id: 'nobody' }]);
    }
    client.close();
    await app.close();
  });
});
