import 'reflect-metadata';
import {
  Metadata,
  status,
  type MethodDefinition,
  type ServiceDefinition,
  type ServiceError,
  type ServerDuplexStream,
  type ServerReadableStream,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { Controller, Injectable, Module, Scope, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Ctx,
  GrpcMethod,
  GrpcStreamCall,
  GrpcStreamMethod,
  Payload,
  RpcException,
  ServerGrpc,
} from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Subject, finalize, from, map, merge, toArray, type Observable } from 'rxjs';
import {
  memoryReplay,
  type CallerRef,
  type PolicyOutcome,
  type TrustEntry,
} from '@countersign/token';
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
  BodyBound,
  BootAuditError,
  Caller,
  CountersignModule,
  OnBehalfOf,
  Public,
  RequestBound,
  Scopes,
  SingleUse,
  allow,
  deny,
  principalOf,
  type AccessPolicy,
  type AccessRequest,
} from '../src/index.js';
import { CountersignGrpcServer } from '../src/grpc.js';
import { CENSUS } from './census.module.js';
import {
  call,
  metadataOf,
  plainClient,
  protoPath,
  sendFields,
  serveGrpc,
  shapes,
  type Fields,
  type GrpcService,
  type PlainClient,
} from './grpc-service.js';

const clock = testClock();
const subjects = [`${CENSUS}user/`];
const issuer = createTestIssuer({ clock, trust: { subjects } });
const stranger = createTestIssuer({ clock, name: 'stranger', trust: { subjects } });
const peer = createTestIssuer({ kind: 'service-peer', clock, trust: { carrier: 'JWT' } });
const ran: string[] = [];

interface Query {
  readonly id: string;
}

@Injectable()
class SameUser implements AccessPolicy {
  evaluate({ subject, data, method, path }: AccessRequest) {
    if (method !== 'GRPC' || path !== '/census.Users/Find')
      throw new Error('not the words of gRPC');
    return subject?.uri === `${CENSUS}user/${(data as Query).id}/` ? allow() : deny('not_owner');
  }
}

@Controller()
@Audience('census')
class Users {
  @GrpcMethod('Users', 'Find')
  @Scopes('users:read')
  @OnBehalfOf(SameUser)
  find(@Payload() { id }: Query, @Ctx() metadata: Metadata, @Caller() caller: CallerRef) {
    ran.push('find');
    if (principalOf(metadata)?.caller !== caller) throw new Error('not the same caller');
    return { id, caller: caller.id };
  }

  @GrpcMethod('Users', 'Open')
  @Public({ reason: 'liveness probe' })
  open({ id }: Query) {
    return { id };
  }

  @GrpcMethod('Users', 'Once')
  @Authenticated()
  @SingleUse()
  once({ id }: Query) {
    ran.push('once');
    return { id };
  }

  @GrpcMethod('Users', 'Fail')
  @Authenticated()
  fail({ id }: Query) {
    if (id === 'known') throw new RpcException({ code: status.NOT_FOUND, message: 'no such user' });
    throw new Error('a secret of the service');
  }

  @GrpcMethod('Users', 'List')
  @Scopes('users:read')
  list({ id }: Query) {
    ran.push('list');
    return from([{ id }, { id: 'another' }]);
  }

  @GrpcStreamMethod('Users', 'Import')
  @Scopes('users:write')
  import(users: Observable<Query>) {
    ran.push('import');
    return users.pipe(
      toArray(),
      map((all) => ({ id: all.map(({ id }) => id).join() })),
    );
  }

  @GrpcStreamMethod('Users', 'Watch')
  @Scopes('users:read')
  watch(queries: Observable<Query>, metadata: Metadata) {
    ran.push('watch');
    return queries.pipe(map(({ id }) => ({ id, caller: principalOf(metadata)?.caller.id })));
  }

  @GrpcStreamCall('Users', 'Raw')
  @Scopes('users:read')
  raw(stream: ServerDuplexStream<Query, object>) {
    ran.push('raw');
    const caller = principalOf(stream.metadata)?.caller.id;
    stream.on('data', ({ id }: Query) => stream.write({ id, caller }));
    stream.on('end', () => stream.end());
  }

  @GrpcStreamCall('Users', 'RawOne')
  @Scopes('users:read')
  rawOne(
    stream: ServerReadableStream<Query, object>,
    callback: (error: null, user: object) => void,
  ) {
    ran.push('rawOne');
    stream.on('data', () => undefined);
    stream.on('end', () => callback(null, { id: 'all' }));
  }
}

@Controller({ scope: Scope.REQUEST })
@Audience('census')
class ScopedUsers {
  @GrpcMethod('Users', 'Bound')
  @Scopes('users:read')
  bound({ id }: Query) {
    ran.push('bound');
    return { id };
  }
}

function usersModule(
  trust: readonly TrustEntry[],
  controllers: Type[] = [Users, ScopedUsers],
  time = clock,
  providers: Type[] = [SameUser],
): Type {
  @Module({
    imports: [
      CountersignModule.forRoot({
        service: 'census',
        audiences: { census: CENSUS },
        trust,
        clock: time,
        decisions: 'all',
        replay: memoryReplay({ clock: time }),
      }),
    ],
    controllers,
    providers,
  })
  class UsersModule {}
  return UsersModule;
}

const user = `${CENSUS}user/42/`;
const token = () => aToken().from(issuer).to(CENSUS).caller('herald-id');
const reader = () => token().onBehalfOf(user).scopes('users:read');
const bearer = (builder: TokenBuilder) => ({ authorization: `Bearer ${builder.sign()}` });

describe.each(shapes)('calls of gRPC to %s', (_, start) => {
  let service: GrpcService;
  let client: PlainClient;

  beforeAll(async () => {
    const trusted = [issuer.trustEntry(), peer.trustEntry()];
    service = await serveGrpc(usersModule(trusted), start, { maxMetadataBytes: 8_192 });
    client = plainClient(service.port);
  });
  afterAll(async () => {
    client.close();
    await service.app.close();
  });
  beforeEach(() => {
    ran.length = 0;
    service.decisions.length = 0;
  });

  const send = (method: string, fields: Fields = {}, ...requests: object[]) =>
    call(client, method, fields, requests.length === 0 ? undefined : requests);

  it('are let in once, by one decision, and know who acts', async () => {
    expect(await send('Find', bearer(reader()))).toEqual({
      answers: [{ id: '42', caller: 'herald-id' }],
    });
    expect(ran).toEqual(['find']);
    expect(service.decisions).toEqual([
      expect.objectContaining({
        event: 'access.granted',
        method: 'GRPC',
        path: '/census.Users/Find',
        handler: 'Users.find',
        caller: 'herald-id',
      }),
    ]);
  });

  it('are refused with a status, code and decision id, and explained in the log', async () => {
    const outcome = await send('Find');
    expect(outcome).toEqual({
      answers: [],
      status: status.UNAUTHENTICATED,
      details: 'This route needs an access token',
      code: 'TOKEN_MISSING',
      decision: expect.stringMatching(/^[\w-]{16}$/),
    });
    expect(ran).toEqual([]);
    expect(service.decisions).toEqual([
      expect.objectContaining({ event: 'access.refused', decision: outcome.decision }),
    ]);
  });

  it.each<[string, number, string, () => Fields]>([
    ['a token of a stranger', 16, 'ISSUER_UNTRUSTED', () => bearer(reader().from(stranger))],
    ['an expired token', 16, 'TOKEN_EXPIRED', () => bearer(reader().expired())],
    [
      'a token for another',
      16,
      'AUDIENCE_MISMATCH',
      () => bearer(reader().to('https://b.example/')),
    ],
    ['no scope', 7, 'SCOPE_MISSING', () => bearer(token().onBehalfOf(user))],
    ['another user', 7, 'POLICY_REFUSED', () => bearer(reader().onBehalfOf(`${CENSUS}user/7/`))],
    ['a broken header', 3, 'CREDENTIALS_MALFORMED', () => ({ authorization: 'Bearer' })],
    ['another header', 16, 'CARRIER_MISMATCH', () => ({ jwt: reader().sign() })],
    [
      'two headers',
      3,
      'CREDENTIALS_AMBIGUOUS',
      () => ({ ...bearer(reader()), jwt: reader().sign() }),
    ],
  ])('are refused with %s', async (_name, code, reason, fields) => {
    expect(await send('Find', fields())).toMatchObject({ status: code, code: reason });
    expect(ran).toEqual([]);
  });

  it('are refused with two values of one credential, which HTTP/2 would make one', async () => {
    const jwt = aToken().from(peer).to(CENSUS).sign();
    expect(await send('Find', { jwt: [jwt, jwt] })).toMatchObject({
      code: 'CREDENTIALS_AMBIGUOUS',
    });
    service.decisions.length = 0;
    await sendFields(service.port, '/census.Users/Find', [
      ['authorization', `Bearer ${reader().sign()}`],
      ['authorization', `Bearer ${token().sign()}`],
    ]);
    await until(() => service.decisions.length > 0);
    expect(service.decisions).toEqual([
      expect.objectContaining({ code: 'CREDENTIALS_AMBIGUOUS', path: '/census.Users/Find' }),
    ]);
    expect(ran).toEqual([]);
  });

  it('take the header that the trust in a peer names', async () => {
    const jwt = aToken().from(peer).to(CENSUS).sign();
    expect(await send('Once', { jwt })).toEqual({ answers: [{ id: '42' }] });
    expect(await send('Once', { jwt })).toMatchObject({ status: 16, code: 'TOKEN_REPLAYED' });
    expect(ran).toEqual(['once']);
  });

  it('reach public methods, whatever stands beside them', async () => {
    expect((await send('Open', bearer(reader().expired()))).answers).toHaveLength(1);
  });

  it('reach methods of controllers made for each of them', async () => {
    expect(await send('Bound', bearer(token()))).toMatchObject({ code: 'SCOPE_MISSING' });
    expect(ran).toEqual([]);
    expect((await send('Bound', bearer(reader()))).answers).toHaveLength(1);
  });

  it.each([
    ['List', 'list', 2],
    ['Import', 'import', 1],
    ['Watch', 'watch', 2],
    ['Raw', 'raw', 2],
    ['RawOne', 'rawOne', 1],
  ])('are guarded where they are streams: %s', async (method, handler, count) => {
    const requests = [{ id: '1' }, { id: '2' }];
    expect(await send(method, {}, ...requests)).toMatchObject({
      status: 16,
      code: 'TOKEN_MISSING',
    });
    const weak = await send(method, bearer(token()), ...requests);
    expect(weak).toMatchObject({ status: 7, code: 'SCOPE_MISSING', answers: [] });
    expect(ran).toEqual([]);
    const allowed = await send(
      method,
      bearer(token().scopes('users:read', 'users:write')),
      ...requests,
    );
    expect(allowed).not.toHaveProperty('status');
    expect(allowed.answers).toHaveLength(count);
    expect(ran).toEqual([handler]);
  });

  it('say nothing of what a handler threw', async () => {
    expect(await send('Fail', bearer(token()), { id: 'known' })).toMatchObject({
      status: status.NOT_FOUND,
      details: 'no such user',
    });
    const failed = await send('Fail', bearer(token()), { id: '1' });
    expect(failed).toMatchObject({ status: status.UNKNOWN, details: 'Internal server error' });
    expect(JSON.stringify(failed)).not.toContain('secret');
  });

  it('with more metadata than may be are refused', async () => {
    const outcome = await send('Find', { ...bearer(reader()), more: 'x'.repeat(9_000) });
    expect(outcome).toMatchObject({ status: status.RESOURCE_EXHAUSTED });
    expect(ran).toEqual([]);
  });

  it('with a longer message than may be are refused', async () => {
    const outcome = await send('Find', bearer(reader()), { id: 'x'.repeat(1_100_000) });
    expect(outcome).toMatchObject({ status: status.RESOURCE_EXHAUSTED });
    expect(ran).toEqual([]);
  });
});

describe('streams of gRPC', () => {
  let service: GrpcService;
  let client: PlainClient;
  const time = testClock();
  const lasting = createTestIssuer({ clock: time });
  const source = new Subject<object>();
  const ended: string[] = [];

  @Controller()
  @Audience('census')
  @Authenticated()
  class Streams {
    @GrpcMethod('Users', 'List')
    list() {
      return source.pipe(finalize(() => ended.push('list')));
    }

    @GrpcStreamMethod('Users', 'Watch')
    watch(queries: Observable<Query>) {
      return merge(queries, source).pipe(finalize(() => ended.push('watch')));
    }

    @GrpcStreamMethod('Users', 'Import')
    import(queries: Observable<Query>) {
      return queries.pipe(
        toArray(),
        finalize(() => ended.push('import')),
      );
    }

    @GrpcStreamCall('Users', 'Raw')
    raw(stream: ServerDuplexStream<Query, object>) {
      const subscription = source.subscribe((user) => stream.write(user));
      stream.on('cancelled', () => {
        subscription.unsubscribe();
        ended.push('raw');
      });
    }
  }

  beforeAll(async () => {
    const module = usersModule([lasting.trustEntry()], [Streams], time);
    service = await serveGrpc(module, undefined, { recheck: '20ms' });
    client = plainClient(service.port);
  });
  afterAll(async () => {
    client.close();
    await service.app.close();
  });

  it.each(['List', 'Watch', 'Import', 'Raw'])('end when the token expires: %s', async (method) => {
    service.decisions.length = 0;
    ended.length = 0;
    const jwt = aToken().from(lasting).to(CENSUS).sign();
    const { requestStream, responseStream } = client[method] as never as {
      requestStream: boolean;
      responseStream: boolean;
    };
    const answers: unknown[] = [];
    const outcome = new Promise<ServiceError>((resolve) => {
      const metadata = metadataOf({ authorization: `Bearer ${jwt}` });
      const before = requestStream ? [] : [{ id: '1' }];
      const after = responseStream ? [] : [resolve];
      const stream = (client[method] as (...args: unknown[]) => NodeJS.ReadableStream)(
        ...before,
        metadata,
        ...after,
      );
      stream.on('data', (answer) => answers.push(answer));
      stream.on('error', resolve as never);
    });
    await until(() => service.decisions.length === 1);
    if (responseStream) {
      await until(() => source.observed);
      source.next({ id: 'before' });
      await until(() => answers.length === 1);
    }
    time.advance('10m');
    const error = await outcome;
    expect(error.code).toBe(status.UNAUTHENTICATED);
    expect(error.metadata.get('countersign-code')).toEqual(['TOKEN_EXPIRED']);
    await until(() => ended.length === 1);
    source.next({ id: 'after' });
    expect(answers).toHaveLength(responseStream ? 1 : 0);
    expect(service.decisions).toEqual([
      expect.objectContaining({ event: 'access.granted' }),
      expect.objectContaining({
        code: 'TOKEN_EXPIRED',
        decision: error.metadata.get('countersign-decision')[0],
      }),
    ]);
  });
});

describe('a stream of gRPC that is not decided yet', () => {
  const decisions: ((outcome: PolicyOutcome) => void)[] = [];

  @Injectable()
  class Waiting implements AccessPolicy {
    evaluate() {
      return new Promise<PolicyOutcome>((resolve) => decisions.push(resolve));
    }
  }

  @Controller()
  @Audience('census')
  @OnBehalfOf(Waiting)
  class Streams {
    @GrpcStreamMethod('Users', 'Watch')
    watch(queries: Observable<Query>) {
      return queries;
    }
  }

  it('is not read, and loses nothing when it is let in', async () => {
    const definition = loadSync(protoPath);
    const { Watch } = definition['census.Users'] as ServiceDefinition;
    let read = 0;
    const { requestDeserialize } = Watch as MethodDefinition<object, object>;
    Object.assign(Watch as object, {
      requestDeserialize: (bytes: Buffer) => {
        read += 1;
        return requestDeserialize(bytes);
      },
    });
    const module = usersModule([issuer.trustEntry()], [Streams], clock, [Waiting]);
    const { app, port } = await serveGrpc(module, undefined, {
      protoPath: undefined as never,
      packageDefinition: definition,
    });
    const client = plainClient(port);
    const requests = Array.from({ length: 2_000 }, (_, at) => ({ id: `${at}`.padEnd(1_000) }));
    const outcome = call(client, 'Watch', bearer(reader()), requests);
    await until(() => decisions.length === 1);
    // Another call over the same connection comes after what was written before it.
    for (let at = 0; at < 20; at += 1) await call(client, 'Open');
    expect(read).toBeLessThan(20);
    decisions[0]?.(allow());
    expect((await outcome).answers).toEqual(requests);

    const refused = call(client, 'Watch', bearer(reader()), requests);
    await until(() => decisions.length === 2);
    decisions[1]?.(deny('not_owner'));
    expect(await refused).toMatchObject({ code: 'POLICY_REFUSED', answers: [] });
    client.close();
    await app.close();
  }, 20_000);
});

describe('servers of gRPC that nobody guards', () => {
  const create = () =>
    NestFactory.create(usersModule([issuer.trustEntry()]), new FastifyAdapter(), {
      logger: false,
      abortOnError: false,
    });

  it('stop the boot', async () => {
    const app = await create();
    const strategy = new ServerGrpc({ url: '127.0.0.1:0', package: 'census', protoPath });
    app.connectMicroservice({ strategy });
    const error = await app.init().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BootAuditError);
    expect((error as BootAuditError).findings).toEqual([
      expect.objectContaining({ handler: 'ServerGrpc', route: 'message server' }),
    ]);
    await app.close();
  });

  it('let nothing through when they are connected too late to stop it', async () => {
    const app = await create();
    await app.init();
    let port = 0;
    class LateServer extends ServerGrpc {
      override async createClient() {
        const server = await super.createClient();
        [port] = [...server.http2Servers.keys()].map((one) => one.address().port);
        return server;
      }
    }
    app.connectMicroservice({
      strategy: new LateServer({ url: '127.0.0.1:0', package: 'census', protoPath }),
    });
    await app.startAllMicroservices();
    const client = plainClient(port);
    ran.length = 0;
    for (const method of ['Find', 'Open', 'List'])
      expect(await call(client, method, bearer(reader()))).toMatchObject({
        status: status.UNKNOWN,
        answers: [],
      });
    expect(ran).toEqual([]);
    client.close();
    await app.close();
  });
});

describe('methods of gRPC without a usable rule', () => {
  it('stop the boot', async () => {
    @Controller()
    @Audience('census')
    class Bad {
      @GrpcMethod('Users', 'Find')
      find() {
        return {};
      }

      @GrpcStreamMethod('Users', 'Watch')
      @Scopes('users:read')
      @RequestBound()
      watch() {
        return from([]);
      }

      @GrpcStreamCall('Users', 'Raw')
      @Scopes('users:read')
      @BodyBound()
      raw() {
        return undefined;
      }
    }
    const app = await NestFactory.create(
      usersModule([issuer.trustEntry()], [Bad]),
      new FastifyAdapter(),
      { logger: false, abortOnError: false },
    );
    app.connectMicroservice({
      strategy: new CountersignGrpcServer({ url: '127.0.0.1:0', package: 'census', protoPath }),
    });
    const error = (await app.init().catch((reason: unknown) => reason)) as BootAuditError;
    expect(error.findings).toEqual([
      { handler: 'Bad.find', route: 'gRPC Users/Find', problem: 'declares no rule' },
      {
        handler: 'Bad.watch',
        route: 'gRPC Users/Watch',
        problem: expect.stringContaining('takes a stream'),
      },
      {
        handler: 'Bad.raw',
        route: 'gRPC Users/Raw',
        problem: expect.stringContaining('takes a stream'),
      },
    ]);
    await app.close();
  });
});
