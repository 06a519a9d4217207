import { once } from 'node:events';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';

import 'reflect-metadata';
import { status } from '@grpc/grpc-js';
import { Controller, Module } from '@nestjs/common';
import { EventPattern, GrpcMethod, GrpcStreamCall, Payload } from '@nestjs/microservices';
import { createSigner, memoryReplay, selfIssuedTokens } from '@countersign/token';
import { aToken, createTestIssuer, messageFrame, testClock, until } from '@countersign/testing';

import {
  Audience,
  Authenticated,
  BodyBound,
  CountersignModule,
  RequestBound,
  SingleUse,
  decisionChannel,
  type DecisionMessage,
} from '../src/index.js';
import { CENSUS } from './census.module.js';
import { call, plainClient, serveGrpc, type GrpcService } from './grpc-service.js';
import { serveMessages, type MessageService } from './message-service.js';

const clock = testClock();
const trust = { carrier: 'Bearer' } as const;
const peer = createTestIssuer({ kind: 'service-peer', clock, trust });
const tokens = selfIssuedTokens({
  issuer: peer.issuer,
  signer: createSigner({ algorithm: 'ES256', kid: peer.key.kid, privateKey: peer.key.signingKey }),
  clock,
});
const ran: unknown[] = [];

@Controller()
@Audience('census')
class Users {
  @EventPattern('user.changed')
  @Authenticated()
  @RequestBound()
  @SingleUse()
  changed(@Payload() data: unknown) {
    ran.push(data);
  }

  @EventPattern('user.removed')
  @Authenticated()
  @BodyBound()
  removed(@Payload() data: unknown) {
    ran.push(data);
  }

  @GrpcMethod('Users', 'Find')
  @Authenticated()
  find() {
    ran.push('find');
    return { id: '42' };
  }

  @GrpcStreamCall('Users', 'Raw')
  @Authenticated()
  raw() {
    ran.push('raw');
  }
}

@Module({
  imports: [
    CountersignModule.forRoot({
      service: 'census',
      audiences: { census: CENSUS },
      trust: [peer.trustEntry()],
      clock,
      replay: memoryReplay({ clock }),
      body: { maxBytes: 1_000 },
    }),
  ],
  controllers: [Users],
})
class UsersModule {}

beforeEach(() => {
  ran.length = 0;
});

describe('events', () => {
  let service: MessageService;
  const told: (string | undefined)[] = [];
  const listen = (message: unknown) => told.push((message as DecisionMessage).code);

  beforeAll(async () => {
    service = await serveMessages(UsersModule);
    decisionChannel.subscribe(listen);
  });
  afterAll(async () => {
    decisionChannel.unsubscribe(listen);
    await service.app.close();
  });
  beforeEach(() => {
    service.decisions.length = 0;
    told.length = 0;
  });

  interface Signed {
    readonly pattern?: string;
    readonly method?: string;
    readonly text?: string;
  }

  const tokenFor = ({
    pattern = 'user.changed',
    method = 'EVENT',
    text = '{"id":1}',
  }: Signed = {}) =>
    tokens.token({
      audience: CENSUS,
      body: Buffer.from(text),
      request: { method, url: `${CENSUS}${pattern}` },
    });

  const eventOf = (jwt: string, pattern = 'user.changed', data: unknown = '{"id":1}') =>
    messageFrame({
      pattern,
      data,
      metadata: { authorization: `Bearer ${jwt}`, 'content-type': 'application/json' },
    });

  /** Sends frames over one connection; answers what came back once so many were decided. */
  async function send(frames: readonly Buffer[], decisions: number): Promise<string> {
    const socket = connect(service.port, '127.0.0.1');
    let answered = '';
    socket.on('data', (chunk) => (answered += String(chunk)));
    for (const frame of frames) socket.write(frame);
    await until(() => told.length === decisions);
    expect(socket.destroyed).toBe(false);
    socket.destroy();
    return answered;
  }

  it.each<[string, string, () => Promise<Buffer> | Buffer]>([
    ['for other data', 'BODY_MISMATCH', async () => eventOf(await tokenFor({ text: '{"id":2}' }))],
    [
      'for another event',
      'REQUEST_MISMATCH',
      async () => eventOf(await tokenFor({ pattern: 'user.removed' })),
    ],
    [
      'for a request',
      'REQUEST_MISMATCH',
      async () => eventOf(await tokenFor({ method: 'REQUEST' })),
    ],
    [
      'for a request of HTTP',
      'REQUEST_MISMATCH',
      async () => eventOf(await tokenFor({ method: 'POST' })),
    ],
    ['for nothing', 'CLAIM_INVALID', () => eventOf(aToken().from(peer).to(CENSUS).sign())],
    [
      'for data that came without its text',
      'BODY_MISMATCH',
      async () => eventOf(await tokenFor(), 'user.changed', { id: 1 }),
    ],
    [
      'for more than may be bound',
      'BODY_TOO_LARGE',
      async () => {
        const text = JSON.stringify('x'.repeat(1_001));
        return eventOf(await tokenFor({ pattern: 'user.removed', text }), 'user.removed', text);
      },
    ],
  ])('with a token %s are dropped, counted and explained once', async (_name, code, make) => {
    expect(await send([await make()], 1)).toBe('');
    expect(told).toEqual([code]);
    expect(service.decisions).toEqual([
      expect.objectContaining({ event: 'access.refused', code, method: 'EVENT' }),
    ]);
    expect(ran).toEqual([]);
  });

  it('that wait for longer than their token lives are dropped', async () => {
    const frame = eventOf(await tokenFor());
    clock.advance('10m');
    expect(await send([frame], 1)).toBe('');
    expect(told).toEqual(['TOKEN_EXPIRED']);
    expect(ran).toEqual([]);
  });

  it('that come twice are let in once, and the second goes nowhere', async () => {
    const frame = eventOf(await tokenFor());
    expect(await send([frame, frame], 2)).toBe('');
    expect(told.sort()).toEqual(['TOKEN_REPLAYED', undefined]);
    expect(ran).toEqual([{ id: 1 }]);
  });
});

describe('what comes over HTTP/2 and is no good call', () => {
  let service: GrpcService;
  let session: ClientHttp2Session;

  beforeAll(async () => {
    service = await serveGrpc(UsersModule, undefined, { requestTimeout: '200ms' });
    session = connectHttp2(`http://127.0.0.1:${service.port}`);
  });
  afterAll(async () => {
    session.destroy();
    await service.app.close();
  });

  const authorization = () => `Bearer ${aToken().from(peer).to(CENSUS).sign()}`;

  /** A call by hand: its status, once it ended. */
  function send(
    bytes: Buffer | undefined,
    { path = '/census.Users/Find', ...fields }: Record<string, string> = {},
  ): Promise<number> {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      authorization: authorization(),
      ...fields,
    });
    return new Promise((resolve, reject) => {
      const keep = (received: object) => {
        if ('grpc-status' in received) resolve(Number(received['grpc-status']));
        else if (Number((received as { ':status'?: number })[':status']) !== 200)
          resolve(-Number((received as { ':status'?: number })[':status']));
      };
      stream.on('response', keep).on('trailers', keep).on('error', reject).resume();
      if (bytes === undefined) stream.write(Buffer.from([0, 0]));
      else stream.end(bytes);
    });
  }

  const framed = (content: Buffer, { flag = 0, length = content.length } = {}) => {
    const head = Buffer.alloc(5);
    head.writeUInt8(flag, 0);
    head.writeUInt32BE(length, 1);
    return Buffer.concat([head, content]);
  };

  /** After each of them the next good call is answered. */
  afterEach(async () => {
    const client = plainClient(service.port);
    const outcome = await call(client, 'Find', { authorization: authorization() });
    expect(outcome.answers).toHaveLength(1);
    client.close();
  });

  it.each<[string, number, () => [Buffer | undefined, Record<string, string>?]]>([
    [
      'a message of 4 GiB',
      status.RESOURCE_EXHAUSTED,
      () => [framed(Buffer.alloc(8), { length: 0xffffffff })],
    ],
    [
      'a message that unpacks to 200 MB',
      status.RESOURCE_EXHAUSTED,
      () => [framed(gzipSync(Buffer.alloc(200_000_000)), { flag: 1 }), { 'grpc-encoding': 'gzip' }],
    ],
    [
      'a message that is packed by nobody knows what',
      status.UNIMPLEMENTED,
      () => [framed(Buffer.from('x'), { flag: 1 }), { 'grpc-encoding': 'br' }],
    ],
    ['what is no protobuf', status.INTERNAL, () => [framed(Buffer.from([0x0a, 0xff, 0xff]))]],
    ['a message that never ends', status.DEADLINE_EXCEEDED, () => [undefined]],
    ['another method', status.UNIMPLEMENTED, () => [framed(Buffer.alloc(0)), { path: '/a/b' }]],
    [
      'another content type',
      -415,
      () => [framed(Buffer.alloc(0)), { 'content-type': 'text/plain' }],
    ],
    [
      'two tokens joined by a comma',
      status.INVALID_ARGUMENT,
      () => [framed(Buffer.alloc(0)), { authorization: 'Bearer a.b.c, Bearer a.b.c' }],
    ],
  ])(
    'ends with its status: %s',
    async (_name, expected, make) => {
      expect(await send(...make())).toBe(expected);
      expect(ran).toEqual([]);
    },
    20_000,
  );

  it('closes connections over its limit', async () => {
    const { app, port } = await serveGrpc(UsersModule, undefined, { maxConnections: 1 });
    const first = connect(port, '127.0.0.1');
    await once(first, 'connect');
    const second = connect(port, '127.0.0.1').on('error', () => undefined);
    await once(second, 'close');
    expect(first.destroyed).toBe(false);
    first.destroy();
    await app.close();
  });

  it('does not end the process where a handler takes the call itself', async () => {
    const path = '/census.Users/Raw';
    for (const fields of [{ authorization: 'Bearer' }, { authorization: 'Bearer forged' }])
      expect(await send(framed(Buffer.alloc(0)), { path, ...fields })).toBeGreaterThan(0);
    expect(ran).toEqual([]);
  });

  it('with many calls that are given up at once lets the next one in', async () => {
    const other = connectHttp2(`http://127.0.0.1:${service.port}`);
    other.on('error', () => undefined);
    for (let at = 0; at < 500; at += 1) {
      const stream = other.request({
        ':method': 'POST',
        ':path': '/census.Users/Raw',
        'content-type': 'application/grpc',
        te: 'trailers',
        authorization: 'Bearer forged',
      });
      stream.on('error', () => undefined);
      stream.close(8);
    }
    await new Promise<void>((resolve) => other.close(resolve));
    expect(ran).toEqual([]);
  });
});
