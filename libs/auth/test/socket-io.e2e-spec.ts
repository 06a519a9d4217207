import type { AddressInfo } from 'node:net';

import 'reflect-metadata';
import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  type OnGatewayConnection,
} from '@nestjs/websockets';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { memoryReplay, type CallerRef } from '@countersign/token';
import {
  aToken,
  createTestIssuer,
  testClock,
  until,
  type TokenBuilder,
} from '@countersign/testing';

import {
  Audience,
  Authenticated,
  BootAuditError,
  Caller,
  CountersignModule,
  Public,
  Scopes,
  principalOf,
} from '../src/index.js';
import { CountersignIoAdapter, type WebSocketLimitOptions } from '../src/websockets.js';
import { keepLines, type Lines } from './adapters.js';
import { CENSUS } from './census.module.js';

const clock = testClock();
const issuer = createTestIssuer({ clock });
const ran: string[] = [];

@WebSocketGateway()
@Audience('census')
@Authenticated()
class Users implements OnGatewayConnection {
  handleConnection(client: Socket) {
    ran.push(`connected ${principalOf(client)?.caller.id}`);
  }

  @SubscribeMessage('who')
  who(
    @MessageBody() data: unknown,
    @ConnectedSocket() client: object,
    @Caller() caller: CallerRef,
  ) {
    ran.push('who');
    return { data, caller: caller.id, same: principalOf(client)?.caller === caller };
  }

  @SubscribeMessage('read')
  @Scopes('users:read')
  read() {
    ran.push('read');
    return 'read';
  }
}

@WebSocketGateway({ namespace: 'admin' })
@Audience('census')
@Scopes('users:write')
class Admin {
  @SubscribeMessage('who')
  who(@Caller() caller: CallerRef) {
    ran.push('admin');
    return caller.id;
  }
}

@WebSocketGateway({ namespace: '/open' })
@Audience('census')
@Public({ reason: 'anybody may listen' })
class Open {
  @SubscribeMessage('hello')
  hello() {
    return 'hello';
  }
}

function usersModule(gateways: readonly Type[]): Type {
  @Module({
    imports: [
      CountersignModule.forRoot({
        service: 'census',
        audiences: { census: CENSUS },
        trust: [issuer.trustEntry()],
        clock,
        decisions: 'all',
        replay: memoryReplay({ clock }),
      }),
    ],
    providers: [...gateways],
  })
  class UsersModule {}
  return UsersModule;
}

interface Service extends Lines {
  readonly url: string;
  close(): Promise<void>;
}

async function serve(
  gateways: readonly Type[],
  options: WebSocketLimitOptions = {},
): Promise<Service> {
  const { logger, lines } = keepLines();
  const app = await NestFactory.create(usersModule(gateways), new FastifyAdapter(), {
    logger,
    abortOnError: false,
  });
  app.useWebSocketAdapter(new CountersignIoAdapter(app, new IoAdapter(app), options));
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { ...lines, url: `http://127.0.0.1:${port}`, close: () => app.close() };
}

type How = Partial<ManagerOptions & SocketOptions>;

const sockets: Socket[] = [];

function connect(url: string, how: How = {}): Socket {
  const socket = io(url, { reconnection: false, forceNew: true, ...how });
  sockets.push(socket);
  return socket;
}

interface Refusal extends Error {
  readonly data?: { readonly code: string; readonly decision: string };
}

/** How an attempt to connect ended. */
const outcome = (socket: Socket) =>
  new Promise<'connected' | Refusal>((resolve) => {
    socket.on('connect', () => resolve('connected'));
    socket.on('connect_error', resolve);
  });

const codeOf = async (socket: Socket) => {
  const error = await outcome(socket);
  return error === 'connected' ? error : error.data?.code;
};

const token = () => aToken().from(issuer).to(CENSUS).caller('herald-id');
const bearer = (builder: TokenBuilder): How => ({
  extraHeaders: { authorization: `Bearer ${builder.sign()}` },
});
const payload = (builder: TokenBuilder): How => ({ auth: { token: builder.sign() } });

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.disconnect();
  ran.length = 0;
});

describe.each(['polling', 'websocket'])('gateways of socket.io by %s', (transport) => {
  let service: Service;
  const by = (how: How): How => ({ transports: [transport], ...how });

  beforeAll(async () => {
    service = await serve([Users, Admin, Open], { maxMessageBytes: 4_096 });
  });
  afterAll(() => service.close());
  beforeEach(() => {
    service.decisions.length = 0;
  });

  it.each([
    ['a header', bearer],
    ['the payload', payload],
  ])('let a connection in by a token in %s', async (_name, present) => {
    const socket = connect(service.url, by(present(token())));
    expect(await outcome(socket)).toBe('connected');
    expect(await socket.emitWithAck('who', 1)).toEqual({
      data: 1,
      caller: 'herald-id',
      same: true,
    });
    expect(ran).toEqual(['connected herald-id', 'who']);
    expect(service.decisions).toEqual([
      expect.objectContaining({ event: 'access.granted', handler: 'Users.handshake' }),
      expect.objectContaining({ event: 'access.granted', method: 'MESSAGE', path: 'who' }),
    ]);
  });

  it('refuse before a gateway hears of it, with code and decision id', async () => {
    const error = (await outcome(connect(service.url, by({})))) as Refusal;
    expect(error.message).toBe('This route needs an access token');
    expect(error.data).toEqual({
      status: 'error',
      message: error.message,
      code: 'TOKEN_MISSING',
      decision: expect.stringMatching(/^[\w-]{16}$/),
    });
    expect(ran).toEqual([]);
    expect(service.decisions).toEqual([
      expect.objectContaining({ event: 'access.refused', decision: error.data?.decision }),
    ]);
  });

  it.each<[string, string, () => How]>([
    ['an expired token', 'TOKEN_EXPIRED', () => payload(token().expired())],
    ['two tokens', 'CREDENTIALS_AMBIGUOUS', () => ({ ...payload(token()), ...bearer(token()) })],
    ['a token that is no text', 'CREDENTIALS_MALFORMED', () => ({ auth: { token: { a: 1 } } })],
    ['a token in the URL', 'TOKEN_MISSING', () => ({ query: { token: token().sign() } })],
  ])('refuse %s', async (_name, code, how) => {
    expect(await codeOf(connect(service.url, by(how())))).toBe(code);
    expect(ran).toEqual([]);
  });

  it('hold every message to the rule of its handler', async () => {
    const socket = connect(service.url, by(payload(token())));
    await outcome(socket);
    const told = new Promise((resolve) => socket.on('exception', resolve));
    socket.emit('read');
    expect(await told).toMatchObject({ code: 'SCOPE_MISSING', cause: { pattern: 'read' } });
    expect(socket.connected).toBe(true);
    expect(ran).toEqual(['connected herald-id']);
  });

  it('decide each namespace by its own rule and its own token', async () => {
    const { url } = service;
    expect(await codeOf(connect(`${url}/admin`, by(payload(token()))))).toBe('SCOPE_MISSING');
    const socket = connect(url, by(payload(token())));
    await outcome(socket);
    const writer = token().caller('writer').scopes('users:write').sign();
    const admin = socket.io.socket('/admin', { auth: { token: writer } });
    sockets.push(admin);
    expect(await outcome(admin)).toBe('connected');
    expect(await admin.emitWithAck('who')).toBe('writer');
    expect(await socket.emitWithAck('who')).toMatchObject({ caller: 'herald-id' });
  });

  it('that are public let everybody connect', async () => {
    const socket = connect(`${service.url}/open`, by({}));
    expect(await outcome(socket)).toBe('connected');
    expect(await socket.emitWithAck('hello')).toBe('hello');
  });
});

describe('connections of socket.io', () => {
  let service: Service;
  afterEach(() => service.close());

  it('are told and ended when their token expires', async () => {
    service = await serve([Users], { recheck: '20ms' });
    const socket = connect(service.url, payload(token()));
    await outcome(socket);
    service.decisions.length = 0;
    const told = new Promise((resolve) => socket.on('exception', resolve));
    const ended = new Promise((resolve) => socket.on('disconnect', resolve));
    clock.advance('10m');
    expect(await told).toMatchObject({ code: 'TOKEN_EXPIRED', decision: expect.any(String) });
    expect(await ended).toBe('io server disconnect');
    expect(service.decisions).toEqual([expect.objectContaining({ code: 'TOKEN_EXPIRED' })]);
  });

  it('are ended by a message after their token expired', async () => {
    service = await serve([Users], { recheck: '10m' });
    const socket = connect(service.url, payload(token()));
    await outcome(socket);
    ran.length = 0;
    const ended = new Promise((resolve) => socket.on('disconnect', resolve));
    clock.advance('10m');
    socket.emit('who');
    expect(await ended).toBe('io server disconnect');
    expect(ran).toEqual([]);
  });

  it('to a namespace without a gateway are refused', async () => {
    service = await serve([Admin]);
    expect(await outcome(connect(service.url, payload(token())))).not.toBe('connected');
    const nowhere = (await outcome(connect(`${service.url}/other`, payload(token())))) as Refusal;
    expect(nowhere.message).toBe('Invalid namespace');
  });

  it('of pages of other origins are refused where origins are told', async () => {
    service = await serve([Users], { origins: ['https://app.example'] });
    const from = (origin: string): How => ({ ...payload(token()), extraHeaders: { origin } });
    expect(await outcome(connect(service.url, from('https://b.example')))).not.toBe('connected');
    expect(await outcome(connect(service.url, from('https://app.example')))).toBe('connected');
  });

  it('are bounded in number', async () => {
    service = await serve([Users], { maxConnections: 1 });
    const socket = connect(service.url, payload(token()));
    expect(await outcome(socket)).toBe('connected');
    expect(await outcome(connect(service.url, payload(token())))).not.toBe('connected');
    socket.disconnect();
    await until(
      async () => (await outcome(connect(service.url, payload(token())))) === 'connected',
    );
  });
});

describe('gateways of socket.io that nobody guards', () => {
  it('stop the boot', async () => {
    const app = await NestFactory.create(usersModule([Users]), new FastifyAdapter(), {
      logger: false,
      abortOnError: false,
    });
    const error = await app.init().catch((reason: unknown) => reason);
    expect((error as BootAuditError).findings).toHaveLength(1);
    await app.close();
  });

  it('cannot have options that take the place of the guard', async () => {
    @WebSocketGateway({ allowRequest: () => undefined } as object)
    @Audience('census')
    @Authenticated()
    class OwnDoor {}
    const app = await NestFactory.create(usersModule([OwnDoor]), new FastifyAdapter(), {
      logger: false,
      abortOnError: false,
    });
    app.useWebSocketAdapter(new CountersignIoAdapter(app, new IoAdapter(app)));
    await expect(app.init()).rejects.toThrow('allowRequest of a gateway must be left');
    await app.close();
  });
});
