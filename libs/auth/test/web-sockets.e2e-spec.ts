import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

import 'reflect-metadata';
import {
  Inject,
  Injectable,
  Module,
  Scope,
  type OnModuleInit,
  type Type,
  type WebSocketAdapter,
} from '@nestjs/common';
import { NestFactory, REQUEST } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WsAdapter } from '@nestjs/platform-ws';
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WsException,
  type OnGatewayConnection,
} from '@nestjs/websockets';
import { WebSocket, type ClientOptions } from 'ws';
import { memoryReplay, type CallerRef } from '@countersign/token';
import {
  aToken,
  createTestIssuer,
  freePort,
  testClock,
  until,
  type TokenBuilder,
} from '@countersign/testing';

import {
  Audience,
  Authenticated,
  BodyBound,
  BootAuditError,
  Caller,
  CountersignModule,
  OnBehalfOf,
  Public,
  Scopes,
  SingleUse,
  allow,
  deny,
  principalOf,
  type AccessPolicy,
  type AccessRequest,
  type CountersignOptions,
} from '../src/index.js';
import { CountersignWsAdapter, type WebSocketLimitOptions } from '../src/websockets.js';
import { keepLines, type Lines } from './adapters.js';
import { CENSUS } from './census.module.js';

const subjects = [`${CENSUS}user/`];
let clock = testClock();
const issuer = createTestIssuer({
  clock: { now: () => clock.now(), monotonic: () => clock.monotonic() },
  trust: { subjects },
});
const peer = createTestIssuer({
  kind: 'service-peer',
  clock: { now: () => clock.now(), monotonic: () => clock.monotonic() },
  trust: { carrier: 'JWT' },
});
const ran: string[] = [];

@Injectable()
class SameUser implements AccessPolicy {
  evaluate({ subject, data, method, path }: AccessRequest) {
    if (method !== 'MESSAGE' || path !== 'one') throw new Error('not the words of a message');
    const { id } = data as { id?: string };
    return subject?.uri === `${CENSUS}user/${id}/` ? allow() : deny('not_owner');
  }
}

/** Made for each message, and so knows no other. */
@Injectable({ scope: Scope.REQUEST })
class OwnMessage implements AccessPolicy {
  constructor(@Inject(REQUEST) private readonly message: { readonly data?: unknown }) {}

  evaluate({ data }: AccessRequest) {
    return this.message.data === data ? allow() : deny('another message');
  }
}

@WebSocketGateway({ path: '/users' })
@Audience('census')
@Authenticated()
class Users implements OnGatewayConnection {
  handleConnection(client: WebSocket) {
    ran.push(`connected ${principalOf(client)?.caller.id}`);
  }

  @SubscribeMessage('who')
  who(
    @MessageBody() data: unknown,
    @ConnectedSocket() client: object,
    @Caller() caller: CallerRef,
  ) {
    ran.push('who');
    return {
      event: 'who',
      data: { data, caller: caller.id, same: principalOf(client)?.caller === caller },
    };
  }

  @SubscribeMessage('read')
  @Scopes('users:read')
  read() {
    ran.push('read');
    return { event: 'read', data: 'read' };
  }

  @SubscribeMessage('one')
  @OnBehalfOf(SameUser)
  one() {
    ran.push('one');
    return { event: 'one', data: 'one' };
  }

  @SubscribeMessage('own')
  @OnBehalfOf(OwnMessage)
  own() {
    return { event: 'own', data: 'own' };
  }

  @SubscribeMessage('fail')
  fail() {
    throw new WsException('its own');
  }
}

@WebSocketGateway({ path: '/open' })
@Audience('census')
@Public({ reason: 'anybody may listen' })
class Open {
  @SubscribeMessage('hello')
  hello() {
    return { event: 'hello', data: 'hello' };
  }

  @SubscribeMessage('write')
  @Scopes('users:write')
  write() {
    ran.push('write');
    return { event: 'write', data: 'written' };
  }
}

@WebSocketGateway({ path: '/once' })
@Audience('census')
@Authenticated()
@SingleUse()
class Once {
  @SubscribeMessage('hello')
  hello() {
    return { event: 'hello', data: 'hello' };
  }
}

@Injectable({ scope: Scope.REQUEST })
@WebSocketGateway({ path: '/scoped' })
@Audience('census')
@Authenticated()
class Scoped {
  @SubscribeMessage('read')
  @Scopes('users:read')
  read() {
    ran.push('scoped');
    return { event: 'read', data: 'read' };
  }
}

/** Two gateways at one place: whoever connects meets both. */
@WebSocketGateway({ path: '/shared' })
@Audience('census')
@Authenticated()
class SharedOne {
  @SubscribeMessage('one')
  one() {
    return { event: 'one', data: 1 };
  }
}

@WebSocketGateway({ path: '/shared' })
@Audience('census')
@Scopes('users:read')
class SharedTwo {
  @SubscribeMessage('two')
  two() {
    return { event: 'two', data: 2 };
  }
}

const all = [Users, Open, Once, Scoped, SharedOne, SharedTwo];

function usersModule(
  gateways: readonly Type[] = all,
  more: Partial<CountersignOptions> = {},
): Type {
  @Module({
    imports: [
      CountersignModule.forRoot({
        service: 'census',
        audiences: { census: CENSUS },
        trust: [issuer.trustEntry(), peer.trustEntry()],
        clock,
        decisions: 'all',
        replay: memoryReplay({ clock }),
        ...more,
      }),
    ],
    providers: [SameUser, OwnMessage, ...gateways],
  })
  class UsersModule {}
  return UsersModule;
}

interface Service extends Lines {
  readonly url: string;
  close(): Promise<void>;
}

async function serve(
  module: Type,
  options: WebSocketLimitOptions = {},
  http: FastifyAdapter | ExpressAdapter = new FastifyAdapter(),
): Promise<Service> {
  const { logger, lines } = keepLines();
  const app = await NestFactory.create(module, http as FastifyAdapter, {
    logger,
    abortOnError: false,
  });
  app.useWebSocketAdapter(new CountersignWsAdapter(app, new WsAdapter(app), options));
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { ...lines, url: `ws://127.0.0.1:${port}`, close: () => app.close() };
}

/** An open connection, and what came over it. */
interface Opened {
  readonly socket: WebSocket;
  readonly received: { readonly event: string; readonly data: unknown }[];
  ask(event: string, data?: unknown): Promise<{ readonly event: string; readonly data: unknown }>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

/** Opens a connection, or answers how it was refused. */
function open(
  url: string,
  headers: Record<string, string> = {},
  protocols: string[] = [],
  more: ClientOptions = {},
): Promise<Opened | { status: number; headers: IncomingMessage['headers']; body: string }> {
  const socket = new WebSocket(url, protocols, { headers, ...more });
  const received: Opened['received'] = [];
  socket.on('message', (data) => received.push(JSON.parse(String(data)) as Opened['received'][0]));
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) })),
  );
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk) => (body += String(chunk)));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    socket.on('open', () => {
      const ask: Opened['ask'] = async (event, data) => {
        const before = received.length;
        socket.send(JSON.stringify({ event, data }));
        await until(() => received.length > before);
        return received[before] as Opened['received'][0];
      };
      resolve({ socket, received, closed, ask });
    });
  });
}

async function connected(...how: Parameters<typeof open>): Promise<Opened> {
  const opened = await open(...how);
  if ('status' in opened) throw new Error(`refused: ${opened.status} ${opened.body}`);
  return opened;
}

async function refused(...how: Parameters<typeof open>) {
  const answer = await open(...how);
  if ('socket' in answer) throw new Error('was let in');
  return answer;
}

const token = () => aToken().from(issuer).to(CENSUS).caller('herald-id');
const bearer = (builder: TokenBuilder) => ({ authorization: `Bearer ${builder.sign()}` });
const codeOf = (body: string) => (JSON.parse(body) as { code: string }).code;

describe.each([
  ['Fastify', () => new FastifyAdapter()],
  ['Express', () => new ExpressAdapter()],
])('WebSocket gateways on %s', (_, makeHttp) => {
  let service: Service;

  beforeAll(async () => {
    clock = testClock();
    service = await serve(usersModule(), { maxMessageBytes: 4_096 }, makeHttp());
  });
  afterAll(() => service.close());
  beforeEach(() => {
    ran.length = 0;
    service.decisions.length = 0;
  });

  it('let a connection in by the rule of the class, and know who it is from then on', async () => {
    const { ask, socket } = await connected(`${service.url}/users`, bearer(token()));
    expect(service.decisions).toEqual([
      expect.objectContaining({
        event: 'access.granted',
        method: 'GET',
        path: '/users',
        handler: 'Users.handshake',
        caller: 'herald-id',
      }),
    ]);
    expect(await ask('who', 1)).toEqual({
      event: 'who',
      data: { data: 1, caller: 'herald-id', same: true },
    });
    expect(ran).toEqual(['connected herald-id', 'who']);
    expect(service.decisions.slice(1)).toEqual([
      expect.objectContaining({ method: 'MESSAGE', path: 'who', handler: 'Users.who' }),
    ]);
    socket.close();
  });

  it('refuse before the upgrade, with challenge, problem and decision id', async () => {
    const { status, headers, body } = await refused(`${service.url}/users`);
    expect(status).toBe(401);
    expect(headers).toMatchObject({
      'www-authenticate': 'Bearer realm="census"',
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
    });
    expect(JSON.parse(body)).toMatchObject({ status: 401, code: 'TOKEN_MISSING' });
    expect(ran).toEqual([]);
    const { decision } = JSON.parse(body) as { decision: string };
    expect(service.decisions).toEqual([
      expect.objectContaining({ event: 'access.refused', decision, path: '/users' }),
    ]);
  });

  it.each<[string, number, string, () => Record<string, string>]>([
    ['an expired token', 401, 'TOKEN_EXPIRED', () => bearer(token().expired())],
    [
      'a token for another',
      401,
      'AUDIENCE_MISMATCH',
      () => bearer(token().to('https://b.example/')),
    ],
    ['two tokens', 400, 'CREDENTIALS_AMBIGUOUS', () => ({ ...bearer(token()), jwt: 'a.b.c' })],
    ['a token in a cookie', 401, 'TOKEN_MISSING', () => ({ cookie: `token=${token().sign()}` })],
  ])('refuse %s', async (_name, status, code, headers) => {
    const answer = await refused(`${service.url}/users`, headers());
    expect([answer.status, codeOf(answer.body)]).toEqual([status, code]);
    expect(ran).toEqual([]);
  });

  it('never read a token from the URL', async () => {
    const answer = await refused(`${service.url}/users?access_token=${token().sign()}`);
    expect(codeOf(answer.body)).toBe('TOKEN_MISSING');
    expect(service.decisions).toEqual([expect.objectContaining({ path: '/users' })]);
  });

  it('take the token of a browser from its subprotocols, and never agree on that one', async () => {
    const offer = ['countersign', `countersign.bearer.${token().sign()}`];
    const { socket, ask } = await connected(`${service.url}/users`, {}, offer);
    expect(socket.protocol).toBe('countersign');
    expect(await ask('who')).toMatchObject({ event: 'who' });
    socket.close();
    const [, protocol] = offer as [string, string];
    const both = await refused(`${service.url}/users`, bearer(token()), ['countersign', protocol]);
    expect(codeOf(both.body)).toBe('CREDENTIALS_AMBIGUOUS');
    const twice = await refused(`${service.url}/users`, {}, [
      protocol,
      `countersign.bearer.${token().claim('jti', 'other').sign()}`,
    ]);
    expect(codeOf(twice.body)).toBe('CREDENTIALS_AMBIGUOUS');
  });

  it('take the header that the trust in a peer names', async () => {
    const jwt = aToken().from(peer).to(CENSUS).sign();
    const { ask, socket } = await connected(`${service.url}/users`, { jwt });
    expect(await ask('who')).toMatchObject({ event: 'who' });
    socket.close();
  });

  it('hold every message to the rule of its handler', async () => {
    const { ask, socket } = await connected(`${service.url}/users`, bearer(token()));
    service.decisions.length = 0;
    const refusal = await ask('read');
    expect(refusal).toEqual({
      event: 'exception',
      data: {
        status: 'error',
        message: expect.any(String),
        code: 'SCOPE_MISSING',
        decision: expect.stringMatching(/^[\w-]{16}$/),
        cause: { pattern: 'read' },
      },
    });
    expect(service.decisions).toEqual([
      expect.objectContaining({ decision: (refusal.data as { decision: string }).decision }),
    ]);
    expect(await ask('one', { id: '42' })).toMatchObject({
      data: { code: 'PRINCIPAL_KIND_FORBIDDEN' },
    });
    expect(ran).toEqual(['connected herald-id']);
    expect(await ask('fail')).toMatchObject({ event: 'exception', data: { message: 'its own' } });
    expect(await ask('who')).toMatchObject({ event: 'who' });
    socket.close();
  });

  it('let policies see the data of a message', async () => {
    const user = token().onBehalfOf(`${CENSUS}user/42/`);
    const { ask, socket } = await connected(`${service.url}/users`, bearer(user));
    expect(await ask('one', { id: '7' })).toMatchObject({ data: { code: 'POLICY_REFUSED' } });
    expect(await ask('one', { id: '42' })).toEqual({ event: 'one', data: 'one' });
    for (const data of [{ id: '1' }, { id: '2' }])
      expect(await ask('own', data)).toEqual({ event: 'own', data: 'own' });
    socket.close();
  });

  it('that are public let everybody connect, and guard the handlers that are not', async () => {
    const nobody = await connected(`${service.url}/open`);
    expect(await nobody.ask('hello')).toEqual({ event: 'hello', data: 'hello' });
    expect(await nobody.ask('write')).toMatchObject({ data: { code: 'TOKEN_MISSING' } });
    expect(await nobody.ask('hello')).toEqual({ event: 'hello', data: 'hello' });
    nobody.socket.close();
    const writer = await connected(`${service.url}/open`, bearer(token().scopes('users:write')));
    expect(await writer.ask('write')).toEqual({ event: 'write', data: 'written' });
    writer.socket.close();
    expect(ran).toEqual(['write']);
  });

  it('use a token up for one connection', async () => {
    const headers = bearer(token());
    const { ask, socket } = await connected(`${service.url}/once`, headers);
    for (const data of ['hello', 'hello'])
      expect(await ask('hello')).toEqual({ event: 'hello', data });
    const again = await refused(`${service.url}/once`, headers);
    expect(codeOf(again.body)).toBe('TOKEN_REPLAYED');
    socket.close();
  });

  it('made for each message are guarded', async () => {
    const weak = await connected(`${service.url}/scoped`, bearer(token()));
    expect(await weak.ask('read')).toMatchObject({ data: { code: 'SCOPE_MISSING' } });
    expect(ran).toEqual([]);
    weak.socket.close();
    const reader = await connected(`${service.url}/scoped`, bearer(token().scopes('users:read')));
    expect(await reader.ask('read')).toEqual({ event: 'read', data: 'read' });
    reader.socket.close();
  });

  it('at one place want the rules of both held', async () => {
    const answer = await refused(`${service.url}/shared`, bearer(token()));
    expect([answer.status, codeOf(answer.body)]).toEqual([403, 'SCOPE_MISSING']);
    const { ask, socket } = await connected(
      `${service.url}/shared`,
      bearer(token().scopes('users:read')),
    );
    expect(await ask('one')).toEqual({ event: 'one', data: 1 });
    expect(await ask('two')).toEqual({ event: 'two', data: 2 });
    socket.close();
  });

  it('end a connection whose message is longer than may be', async () => {
    const { socket, closed } = await connected(`${service.url}/users`, bearer(token()));
    socket.send(JSON.stringify({ event: 'who', data: 'x'.repeat(5_000) }));
    expect(await closed).toMatchObject({ code: 1009 });
    expect(ran).toEqual(['connected herald-id']);
  });

  it('leave what they do not understand unanswered', async () => {
    const { socket, ask } = await connected(`${service.url}/users`, bearer(token()));
    for (const text of ['', 'null', '[]', '{"event":"__proto__"}', '{"event":{}}', 'x'])
      socket.send(text);
    expect(await ask('who')).toMatchObject({ event: 'who' });
    socket.close();
  });
});

describe('WebSocket connections', () => {
  let service: Service;

  const started = async (
    options: WebSocketLimitOptions = {},
    more?: Partial<CountersignOptions>,
  ) => {
    clock = testClock();
    ran.length = 0;
    service = await serve(usersModule(all, more), { recheck: '20ms', ...options });
  };
  afterEach(() => service.close());

  it('are closed when their token expires, though nothing is said', async () => {
    await started();
    const { closed } = await connected(`${service.url}/users`, bearer(token()));
    service.decisions.length = 0;
    clock.advance('10m');
    expect(await closed).toEqual({ code: 4401, reason: 'TOKEN_EXPIRED' });
    expect(service.decisions).toEqual([
      expect.objectContaining({ event: 'access.refused', code: 'TOKEN_EXPIRED', path: '/users' }),
    ]);
  });

  it('are closed by a message after their token expired', async () => {
    await started({ recheck: '10m' });
    const { closed, ask } = await connected(`${service.url}/users`, bearer(token()));
    clock.advance('10m');
    ran.length = 0;
    expect(await ask('who')).toMatchObject({ data: { code: 'TOKEN_EXPIRED' } });
    expect(await closed).toEqual({ code: 4401, reason: 'TOKEN_EXPIRED' });
    expect(ran).toEqual([]);
  });

  it('of public gateways are closed with the token that was used on them', async () => {
    await started();
    const { closed, ask } = await connected(
      `${service.url}/open`,
      bearer(token().scopes('users:write')),
    );
    expect(await ask('write')).toEqual({ event: 'write', data: 'written' });
    clock.advance('10m');
    expect(await closed).toEqual({ code: 4401, reason: 'TOKEN_EXPIRED' });
  });

  it('of pages of other origins are refused where origins are told', async () => {
    await started({ origins: ['https://app.example'] });
    const from = (origin: string) => ({ ...bearer(token()), origin });
    expect(await refused(`${service.url}/users`, from('https://b.example'))).toMatchObject({
      status: 403,
    });
    expect(service.decisions).toEqual([]);
    expect(service.drops).toEqual([expect.objectContaining({ reason: 'origin-forbidden' })]);
    for (const headers of [from('https://app.example'), bearer(token())]) {
      const { socket } = await connected(`${service.url}/users`, headers);
      socket.close();
    }
  });

  it('are bounded in number', async () => {
    await started({ maxConnections: 1 });
    const { socket, closed } = await connected(`${service.url}/users`, bearer(token()));
    expect(await refused(`${service.url}/users`, bearer(token()))).toMatchObject({ status: 503 });
    socket.close();
    await closed;
    await until(async () => {
      const answer = await open(`${service.url}/users`, bearer(token()));
      if ('socket' in answer) answer.socket.close();
      return 'socket' in answer;
    });
  });
});

describe('a gateway on a port of its own', () => {
  it('is guarded, and closed until the application is open', async () => {
    clock = testClock();
    const port = await freePort();
    const url = `ws://127.0.0.1:${port}`;
    let early: number | undefined;

    @WebSocketGateway(port)
    @Audience('census')
    @Authenticated()
    class Apart implements OnModuleInit {
      async onModuleInit() {
        early = (await refused(url, bearer(token()))).status;
      }

      @SubscribeMessage('hello')
      hello() {
        return { event: 'hello', data: 'hello' };
      }
    }
    const service = await serve(usersModule([Apart]));
    expect(early).toBe(503);
    expect(codeOf((await refused(url)).body)).toBe('TOKEN_MISSING');
    const { ask, socket } = await connected(url, bearer(token()));
    expect(await ask('hello')).toEqual({ event: 'hello', data: 'hello' });
    socket.close();
    await service.close();
  });
});

describe('gateways that nobody guards', () => {
  const findings = async (
    gateways: readonly Type[],
    adapter: (app: Awaited<ReturnType<typeof NestFactory.create>>) => WebSocketAdapter,
  ) => {
    clock = testClock();
    const app = await NestFactory.create(usersModule(gateways), new FastifyAdapter(), {
      logger: false,
      abortOnError: false,
    });
    app.useWebSocketAdapter(adapter(app));
    const error = await app.init().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    await app.close();
    return error instanceof BootAuditError ? error.findings : error;
  };
  const plain = (app: Parameters<Parameters<typeof findings>[1]>[0]) => new WsAdapter(app);
  const guarded = (app: Parameters<Parameters<typeof findings>[1]>[0]) =>
    new CountersignWsAdapter(app, new WsAdapter(app));

  it('stop the boot', async () => {
    const [finding] = (await findings([Users], plain)) as readonly { problem: string }[];
    expect(finding).toEqual({
      handler: 'Users',
      route: 'WebSocket gateway',
      problem: expect.stringContaining('@countersign/auth/websockets'),
    });
  });

  it('stop the boot where a guarded adapter was replaced', async () => {
    const replaced = (app: Parameters<typeof plain>[0]) => {
      app.useWebSocketAdapter(guarded(app));
      return plain(app);
    };
    expect(await findings([Users], replaced)).toHaveLength(1);
  });

  it('stop the boot without a rule, and with one that no connection could satisfy', async () => {
    @WebSocketGateway({ path: '/a' })
    @Audience('census')
    class NoRule {
      @SubscribeMessage('a')
      @Authenticated()
      a() {
        return undefined;
      }

      @SubscribeMessage('b')
      b() {
        return undefined;
      }
    }
    @WebSocketGateway({ path: '/b' })
    @Audience('census')
    @Authenticated()
    class Bound {
      @SubscribeMessage('a')
      @BodyBound()
      a() {
        return undefined;
      }
    }
    expect(await findings([NoRule, Bound], guarded)).toEqual([
      { handler: 'NoRule', route: 'WebSocket gateway', problem: 'declares no rule' },
      { handler: 'NoRule.b', route: 'WebSocket "b"', problem: 'declares no rule' },
      {
        handler: 'Bound.a',
        route: 'WebSocket "a"',
        problem: expect.stringContaining('no token can be signed'),
      },
    ]);
  });

  it('cannot have options that take the place of the guard', async () => {
    @WebSocketGateway({ path: '/a', verifyClient: () => true })
    @Audience('census')
    @Authenticated()
    class OwnDoor {}
    expect(await findings([OwnDoor], guarded)).toEqual(
      new TypeError('verifyClient of a gateway must be left to the adapter'),
    );
  });
});
