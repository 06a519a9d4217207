import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

import 'reflect-metadata';
import { Metadata, credentials, status } from '@grpc/grpc-js';
import { Controller, Get, Inject, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, GrpcMethod, GrpcStreamMethod, Payload } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { firstValueFrom, from, lastValueFrom, map, toArray, type Observable } from 'rxjs';
import {
  TokenAcquisitionError,
  createSigner,
  memoryReplay,
  selfIssued,
  type CallerRef,
  type OutboundToken,
  type SubjectRef,
  type TokenRequest,
  type TokenSource,
} from '@countersign/token';
import { aToken, createTestIssuer, testClock } from '@countersign/testing';

import {
  Audience,
  Authenticated,
  BodyBound,
  Caller,
  CountersignClientsModule,
  CountersignModule,
  NoSubjectError,
  RequestBound,
  RequireUser,
  Scopes,
  SingleUse,
  Subject,
} from '../src/index.js';
import {
  CountersignGrpcClient,
  GrpcCallError,
  grpcClient,
  type CountersignGrpcClientOptions,
} from '../src/grpc.js';
import { CENSUS } from './census.module.js';
import { call, plainClient, protoPath, serveGrpc, type GrpcService } from './grpc-service.js';

const clock = testClock();
const subjects = [`${CENSUS}user/`];
const trust = { carrier: 'Bearer', subjects, mayAssert: ['users:read', 'users:write'] } as const;
const herald = createTestIssuer({ kind: 'service-peer', name: 'herald', clock, trust });
const server = createTestIssuer({ clock, trust: { subjects } });
const ran: string[] = [];
const user = `${CENSUS}user/42/`;

interface User {
  readonly id: string;
  readonly caller?: string;
}

@Controller()
@Audience('census')
class Users {
  @GrpcMethod('Users', 'Find')
  @Scopes('users:read')
  find(
    @Payload() { id }: User,
    @Ctx() metadata: Metadata,
    @Caller() caller: CallerRef,
    @Subject() subject?: SubjectRef,
  ) {
    ran.push(`find ${subject?.uri ?? 'nobody'} ${String(metadata.get('traceparent')[0])}`);
    return { id, caller: caller.name };
  }

  @GrpcMethod('Users', 'Bound')
  @Authenticated()
  @RequestBound()
  @SingleUse()
  bound({ id }: User) {
    ran.push('bound');
    return { id };
  }

  @GrpcMethod('Users', 'Open')
  @Authenticated()
  @BodyBound()
  open({ id }: User) {
    ran.push('body');
    return { id };
  }

  @GrpcMethod('Users', 'List')
  @Scopes('users:read')
  list({ id }: User) {
    return from([{ id }, { id: 'another' }]);
  }

  @GrpcStreamMethod('Users', 'Import')
  @Scopes('users:read')
  import(users: Observable<User>) {
    return users.pipe(
      toArray(),
      map((all) => ({ id: all.map(({ id }) => id).join() })),
    );
  }

  @GrpcStreamMethod('Users', 'Watch')
  @Scopes('users:read')
  watch(users: Observable<User>) {
    return users;
  }
}

@Module({
  imports: [
    CountersignModule.forRoot({
      service: 'census',
      audiences: { census: CENSUS },
      trust: [herald.trustEntry(), server.trustEntry()],
      clock,
      replay: memoryReplay({ clock }),
    }),
  ],
  controllers: [Users],
})
class CensusModule {}

const signer = createSigner({
  algorithm: 'ES256',
  kid: herald.key.kid,
  privateKey: herald.key.signingKey,
});
const source = selfIssued({ issuer: herald.issuer, signer, clock });

/** What a client of the service looks like. */
interface UsersClient {
  find(query: User, metadata?: Metadata): Observable<User>;
  bound(query: User): Observable<User>;
  open(query: User): Observable<User>;
  list(query: User): Observable<User>;
  import(users: Observable<User>): Observable<User>;
  watch(users: Observable<User>): Observable<User>;
}

let service: GrpcService;
const clients: CountersignGrpcClient[] = [];

const optionsOf = (more: Partial<CountersignGrpcClientOptions> = {}) => ({
  name: 'census',
  url: `127.0.0.1:${service.port}`,
  package: 'census',
  protoPath,
  audience: CENSUS,
  scopes: ['users:read'],
  source,
  ...more,
});

function clientOf(more: Partial<CountersignGrpcClientOptions> = {}): CountersignGrpcClient {
  const client = new CountersignGrpcClient(optionsOf(more));
  clients.push(client);
  return client;
}

const users = (more?: Partial<CountersignGrpcClientOptions>) =>
  clientOf(more).asSelf<UsersClient>('Users');

/** A source that hands out what it is given, and remembers what it was asked for. */
function sourceOf(...tokens: string[]): TokenSource & { readonly asked: TokenRequest[] } {
  const asked: TokenRequest[] = [];
  const token = (request: TokenRequest): OutboundToken => {
    asked.push(request);
    return { token: tokens[asked.length - 1] ?? '', carrier: 'Bearer', expiresAt: 0 };
  };
  return { asked, token };
}

const failure = (answer: Observable<unknown>) =>
  lastValueFrom(answer).then(
    () => new Error('was answered'),
    (error: unknown) => error,
  );

beforeAll(async () => {
  service = await serveGrpc(CensusModule);
});
afterAll(async () => {
  for (const client of clients) client.onApplicationShutdown();
  await service.app.close();
});
beforeEach(() => {
  ran.length = 0;
});

describe('CountersignGrpcClient', () => {
  it('calls as itself with a token, whatever streams', async () => {
    const own = users();
    expect(await firstValueFrom(own.find({ id: '1' }))).toEqual({ id: '1', caller: 'herald' });
    expect(ran).toEqual(['find nobody undefined']);
    const all = await lastValueFrom(own.list({ id: '1' }).pipe(toArray()));
    expect(all).toEqual([{ id: '1' }, { id: 'another' }]);
    const upstream = () => from([{ id: '1' }, { id: '2' }]);
    expect(await lastValueFrom(own.import(upstream()))).toEqual({ id: '1,2' });
    expect(await lastValueFrom(own.watch(upstream()).pipe(toArray()))).toEqual([
      { id: '1' },
      { id: '2' },
    ]);
  });

  it('calls as a user who is not there', async () => {
    const client = clientOf().asUser<UsersClient>(user, 'Users');
    await firstValueFrom(client.find({ id: '42' }));
    expect(ran).toEqual([`find ${user} undefined`]);
  });

  it('signs what it sends, for one call', async () => {
    const own = users({ bound: true });
    expect(await firstValueFrom(own.bound({ id: '1' }))).toEqual({ id: '1' });
    expect(await firstValueFrom(own.open({ id: 'é'.repeat(1_000) }))).toHaveProperty('id');
    expect(ran).toEqual(['bound', 'body']);
    expect(await failure(own.watch(from([{ id: '1' }])))).toEqual(
      new TypeError('bound must be left out for requests that are streams'),
    );
  });

  it.each<[string, object]>([
    ['another message', { body: Buffer.from('another') }],
    ['a request of HTTP', { method: 'POST' }],
    ['a message of TCP', { method: 'REQUEST' }],
    ['another method', { url: `${CENSUS}census.Users/Find` }],
    ['another audience in the URL', { url: 'https://b.example/census.Users/Bound' }],
  ])('has a token refused that is signed for %s', async (_name, changed) => {
    const misleading: TokenSource = {
      token: ({ binding, ...request }) =>
        source.token({ ...request, binding: binding && { ...binding, ...changed } }),
    };
    const error = await failure(users({ bound: true, source: misleading }).bound({ id: '1' }));
    expect(error).toMatchObject({ grpcStatus: status.UNAUTHENTICATED, reason: 'refused' });
    expect(['BODY_MISMATCH', 'REQUEST_MISMATCH']).toContain((error as GrpcCallError).code);
    expect(ran).toEqual([]);
  });

  it('has a token refused that is not bound where it has to be', async () => {
    expect(await failure(users().bound({ id: '1' }))).toMatchObject({ code: 'CLAIM_INVALID' });
    const jwt = aToken().from(server).to(CENSUS).sign();
    const client = plainClient(service.port);
    const outcome = await call(client, 'Bound', { authorization: `Bearer ${jwt}` });
    client.close();
    expect(outcome.code).toBe('TYPE_MISMATCH');
    expect(ran).toEqual([]);
  });

  it('says what went wrong, and nothing that the peer wrote', async () => {
    const own = users({ scopes: [] });
    const error = (await failure(own.find({ id: '1' }))) as GrpcCallError;
    expect(error).toBeInstanceOf(GrpcCallError);
    expect(error).toMatchObject({
      name: 'ServiceCallError',
      reason: 'refused',
      service: 'census',
      method: 'GRPC',
      path: '/census.Users/Find',
      grpcStatus: status.PERMISSION_DENIED,
      code: 'SCOPE_MISSING',
      decision: service.decisions.at(-1)?.['decision'],
    });
    expect(error.message).not.toContain(error.details);
  });

  it('renews a token once that is refused as invalid', async () => {
    const good = aToken().from(server).to(CENSUS).scopes('users:read').sign();
    const bad = aToken().from(server).to('https://b.example/').sign();
    const renewing = sourceOf(bad, good);
    expect(await firstValueFrom(users({ source: renewing }).find({ id: '1' }))).toHaveProperty(
      'id',
    );
    expect(renewing.asked.map(({ refused }) => refused)).toEqual([undefined, bad]);
    const other = aToken().from(server).to('https://c.example/').sign();
    const never = sourceOf(bad, other, good);
    expect(await failure(users({ source: never }).find({ id: '1' }))).toMatchObject({
      code: 'AUDIENCE_MISMATCH',
    });
    expect(never.asked).toHaveLength(2);
    const stubborn = sourceOf(bad, bad);
    expect(await failure(users({ source: stubborn }).find({ id: '1' }))).toMatchObject({
      code: 'AUDIENCE_MISMATCH',
    });
    const streaming = sourceOf(bad, good);
    expect(await failure(users({ source: streaming }).list({ id: '1' }))).toMatchObject({
      code: 'AUDIENCE_MISMATCH',
    });
    expect(streaming.asked).toHaveLength(1);
    expect(ran).toHaveLength(1);
  });

  it('sends nothing without a token', async () => {
    const none: TokenSource = {
      token: (asked) => {
        const [server, client, detail] = ['auth', 'herald', 'it is down'];
        const reason = 'unavailable';
        throw new TokenAcquisitionError({ reason, server, client, detail, request: asked });
      },
    };
    expect(await failure(users({ source: none }).find({ id: '1' }))).toBeInstanceOf(
      TokenAcquisitionError,
    );
    const proving: TokenSource = {
      token: () => ({ token: 'a', carrier: 'DPoP', expiresAt: 0 }),
    };
    expect(await failure(users({ source: proving }).find({ id: '1' }))).toBeInstanceOf(TypeError);
    const silent: TokenSource = { token: () => new Promise(() => undefined) };
    const late = users({ source: silent, timeout: '20ms' });
    expect(await failure(late.find({ id: '1' }))).toMatchObject({ reason: 'timeout' });
    expect(service.decisions.filter(({ code }) => code === 'TOKEN_MISSING')).toEqual([]);
    expect(ran).toEqual([]);
  });

  it.each(['authorization', 'jwt', 'token', 'traceparent'])(
    'lets nobody else say %s',
    async (field) => {
      const metadata = new Metadata();
      metadata.set(field, 'x');
      expect(await failure(users().find({ id: '1' }, metadata))).toEqual(
        new TypeError(`metadata must not hold ${field}`),
      );
      expect(ran).toEqual([]);
    },
  );

  it('ends a call in time that nobody answers', async () => {
    const sockets: Socket[] = [];
    const deaf = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(deaf, 'listening');
    const { port } = deaf.address() as AddressInfo;
    const late = users({ url: `127.0.0.1:${port}`, timeout: '200ms' });
    expect(await failure(late.find({ id: '1' }))).toMatchObject({ reason: 'timeout' });
    deaf.close();
    for (const socket of sockets) socket.destroy();
    const nobody = users({ url: `127.0.0.1:${port}`, timeout: '2s' });
    expect(await failure(nobody.find({ id: '1' }))).toMatchObject({ reason: 'unreachable' });
  });

  it.each<[string, Partial<CountersignGrpcClientOptions>]>([
    ['plain text to another host', { url: 'census.example:5000' }],
    [
      'credentials that are none',
      { url: 'census.example:5000', credentials: credentials.createInsecure() },
    ],
    ['a resolver', { url: 'xds:///census:5000' }],
    ['an address without port', { url: '127.0.0.1' }],
    ['an audience that is no URI', { audience: 'census' }],
    ['scopes that are none', { scopes: ['a b'] }],
    ['no source', { source: {} as never }],
    ['an option that is none', { retries: 3 } as never],
    ['a timeout without end', { timeout: '1h' }],
  ])('refuses %s', (_name, options) => {
    expect(() => clientOf(options)).toThrow(TypeError);
  });

  it.each<Partial<CountersignGrpcClientOptions>>([
    { url: 'census.example:5000', allowPlaintext: true },
    { url: 'census.example:5000', credentials: credentials.createSsl() },
    { url: '[::1]:5000' },
  ])('takes %o', (options) => {
    expect(clientOf(options)).toBeInstanceOf(CountersignGrpcClient);
  });
});

describe('asSubject() over gRPC', () => {
  @Controller('mine')
  @Audience('herald')
  class Mine {
    constructor(@Inject('CENSUS') private readonly census: CountersignGrpcClient) {}

    @Get()
    @RequireUser()
    mine() {
      return firstValueFrom(this.census.asSubject<UsersClient>('Users').find({ id: '42' }));
    }

    @Get('nobody')
    @Authenticated()
    nobody() {
      try {
        this.census.asSubject('Users');
      } catch (error) {
        return { isRefused: error instanceof NoSubjectError };
      }
      return {};
    }
  }

  @Module({
    imports: [
      CountersignModule.forRoot({
        service: 'herald',
        audiences: { herald: 'https://herald.example/' },
        trust: [server.trustEntry()],
        clock,
      }),
      CountersignClientsModule.forRoot({ clients: {} }),
    ],
    controllers: [Mine],
    providers: [grpcClient({ provide: 'CENSUS', useFactory: () => optionsOf() })],
  })
  class HeraldModule {}

  let app: INestApplication;
  let url: string;

  beforeAll(async () => {
    app = await NestFactory.create(HeraldModule, new FastifyAdapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}/mine`;
  });
  afterAll(() => app.close());

  const get = (path: string, builder = aToken().from(server).to('https://herald.example/')) =>
    fetch(url + path, {
      headers: {
        authorization: `Bearer ${builder.sign()}`,
        traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
      },
    });

  it('is the user of the request, and goes on with its trace', async () => {
    const answer = await get(
      '',
      aToken().from(server).to('https://herald.example/').onBehalfOf(user),
    );
    expect(await answer.json()).toEqual({ id: '42', caller: 'herald' });
    expect(ran).toEqual([`find ${user} 00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`]);
  });

  it('is nobody where the request is for no user', async () => {
    expect(await (await get('/nobody')).json()).toEqual({ isRefused: true });
    expect(() => clientOf().asSubject('Users')).toThrow('CountersignClientsModule');
  });
});
