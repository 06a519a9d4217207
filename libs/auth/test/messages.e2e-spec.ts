import type { AddressInfo } from 'node:net';

import 'reflect-metadata';
import {
  Catch,
  Controller,
  Get,
  Injectable,
  Module,
  Scope,
  UseFilters,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Ctx,
  EventPattern,
  MessagePattern,
  Payload,
  ServerTCP,
  type MicroserviceOptions,
  type TcpContext,
} from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { lastValueFrom, of } from 'rxjs';
import type { CallerRef, TrustEntry } from '@countersign/token';
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
  Callers,
  CountersignModule,
  OnBehalfOf,
  Public,
  Scopes,
  allow,
  deny,
  principalOf,
  type AccessPolicy,
  type AccessRequest,
} from '../src/index.js';
import { CountersignTcpServer } from '../src/microservices.js';
import { CENSUS } from './census.module.js';
import {
  plainClient,
  request,
  serveMessages,
  shapes,
  type MessageService,
} from './message-service.js';

const clock = testClock();
const subjects = [`${CENSUS}user/`];
const issuer = createTestIssuer({ clock, trust: { subjects } });
const stranger = createTestIssuer({ clock, name: 'stranger', trust: { subjects } });
const ran: string[] = [];

@Injectable()
class SameUser implements AccessPolicy {
  evaluate({ subject, data, method, path }: AccessRequest) {
    const { id } = data as { id?: string };
    if (method !== 'REQUEST' || path !== 'user.one') throw new Error('not the words of a message');
    return subject?.uri === `${CENSUS}user/${id}/` ? allow() : deny('not_owner');
  }
}

/** A guard of the application itself, which relies on ours having run before. */
const secondGuard: CanActivate = {
  canActivate: (context: ExecutionContext) => {
    const holder =
      context.getType() === 'rpc'
        ? context.switchToRpc().getContext<object>()
        : context.switchToHttp().getRequest<object>();
    ran.push(`second guard ${principalOf(holder)?.caller.kind ?? 'nobody'}`);
    return true;
  },
};

@Catch()
class OwnFilter {
  catch() {
    return of('answered by its own filter');
  }
}

@Controller('user')
@Audience('census')
class Users {
  @Get('both')
  @MessagePattern('user.both')
  @Authenticated()
  @UseGuards(secondGuard)
  both(@Caller() caller: CallerRef) {
    ran.push('both');
    return { caller: caller.id };
  }

  @MessagePattern('user.context')
  @Authenticated()
  context(@Payload() data: unknown, @Ctx() context: TcpContext) {
    return { data, pattern: context.getPattern(), caller: principalOf(context)?.caller.id };
  }

  @MessagePattern('user.one')
  @Scopes('users:read')
  @OnBehalfOf(SameUser)
  one() {
    ran.push('one');
  }

  @MessagePattern('user.public')
  @Public({ reason: 'liveness probe' })
  open() {
    return 'open';
  }

  @MessagePattern('user.callers')
  @Callers('herald')
  @UseFilters(OwnFilter)
  callers() {
    ran.push('callers');
  }
}

@Controller()
@Audience('census')
@UseGuards(secondGuard)
class GuardedTwice {
  @MessagePattern('user.guarded')
  @Authenticated()
  guarded() {
    ran.push('guarded');
  }
}

@Controller({ scope: Scope.REQUEST })
@Audience('census')
class RequestScoped {
  @MessagePattern('user.scoped')
  @Scopes('users:read')
  scoped() {
    ran.push('scoped');
    return 'scoped';
  }
}

abstract class Inherited {
  @EventPattern('user.changed')
  changed(@Payload() data: unknown) {
    ran.push(`${this.constructor.name} ${String(data)}`);
  }
}

@Controller()
@Audience('census')
@Authenticated()
class OpenChanges extends Inherited {}

@Controller()
@Audience('census')
@Scopes('users:read')
class ClosedChanges extends Inherited {}

function usersModule(trust: readonly TrustEntry[]): Type {
  @Module({
    imports: [
      CountersignModule.forRoot({
        service: 'census',
        audiences: { census: CENSUS },
        trust,
        clock,
        decisions: 'all',
      }),
    ],
    controllers: [Users, GuardedTwice, RequestScoped, OpenChanges, ClosedChanges],
    providers: [SameUser],
  })
  class UsersModule {}
  return UsersModule;
}

const token = () => aToken().from(issuer).to(CENSUS).caller('herald-id');
const fields = (builder: TokenBuilder) => ({ authorization: `Bearer ${builder.sign()}` });

describe.each(shapes)('messages of %s', (name, start) => {
  let service: MessageService;

  beforeAll(async () => {
    service = await serveMessages(usersModule([issuer.trustEntry()]), start);
  });
  afterAll(() => service.app.close());
  beforeEach(() => {
    ran.length = 0;
    service.decisions.length = 0;
  });

  const send = (pattern: string, builder?: TokenBuilder, data: unknown = {}) =>
    request(plainClient(service.port, builder && fields(builder)), pattern, data);

  it('are let in once, by one decision, before any other guard', async () => {
    expect(await send('user.both', token())).toEqual({ caller: 'herald-id' });
    expect(ran).toEqual(['second guard service', 'both']);
    expect(service.decisions).toEqual([
      expect.objectContaining({
        event: 'access.granted',
        method: 'REQUEST',
        path: 'user.both',
        handler: 'Users.both',
        caller: 'herald-id',
      }),
    ]);
  });

  it('are let in before a guard of their controller is asked', async () => {
    await send('user.guarded', token());
    expect(ran).toEqual(['second guard service', 'guarded']);
  });

  it('are refused as messages are answered, and explained in the log', async () => {
    const refusal = await send('user.both').catch((error: unknown) => error);
    expect(refusal).toEqual({
      status: 'error',
      message: 'This route needs an access token',
      code: 'TOKEN_MISSING',
      decision: expect.stringMatching(/^[\w-]{16}$/),
    });
    expect(ran).toEqual([]);
    const { decision } = refusal as { decision: string };
    expect(service.decisions).toEqual([
      expect.objectContaining({ event: 'access.refused', decision, method: 'REQUEST' }),
    ]);
  });

  it('hand their data on, and show who acts on their context', async () => {
    expect(await send('user.context', token(), [1, { a: null }])).toEqual({
      data: [1, { a: null }],
      pattern: 'user.context',
      caller: 'herald-id',
    });
  });

  it('are held to scopes and policies, which see the data', async () => {
    const user = token().onBehalfOf(`${CENSUS}user/42/`);
    const code = (builder: TokenBuilder, id: string) =>
      send('user.one', builder, { id }).catch((error: unknown) => (error as { code: string }).code);
    expect(await code(user, '42')).toBe('SCOPE_MISSING');
    expect(await code(user.scopes('users:read'), '7')).toBe('POLICY_REFUSED');
    expect(ran).toEqual([]);
    expect(await code(user.scopes('users:read'), '42')).toBeUndefined();
    expect(ran).toEqual(['one']);
  });

  it('reach public handlers, whatever stands beside them', async () => {
    expect(await send('user.public')).toBe('open');
    expect(await send('user.public', token().expired())).toBe('open');
  });

  it('reach handlers of controllers made for each of them', async () => {
    await expect(send('user.scoped', token())).rejects.toMatchObject({ code: 'SCOPE_MISSING' });
    expect(ran).toEqual([]);
    expect(await send('user.scoped', token().scopes('users:read'))).toBe('scoped');
  });

  it('reach a handler that two classes inherit by the rule of each', async () => {
    const client = plainClient(service.port, fields(token()));
    const codes = () =>
      service.decisions.map((line) => (line as { code?: string }).code ?? 'let in');
    // Of the second one the token is known: it is let in before the other class is asked.
    for (const count of [2, 4]) {
      await lastValueFrom(client.emit('user.changed', count), { defaultValue: undefined });
      await until(() => service.decisions.length === count);
    }
    client.close();
    expect(codes().sort()).toEqual(['SCOPE_MISSING', 'SCOPE_MISSING', 'let in', 'let in']);
    expect(ran).toEqual(['OpenChanges 2', 'OpenChanges 4']);
  });

  it('are answered by the filter of a handler that has one', async () => {
    expect(await send('user.callers', token())).toBe('answered by its own filter');
    expect(ran).toEqual([]);
  });

  if (name !== 'a microservice')
    it('leave the route of the same method to HTTP', async () => {
      const app = service.app as INestApplication;
      const { port } = app.getHttpServer().address() as AddressInfo;
      const ask = (headers: Record<string, string>) =>
        fetch(`http://127.0.0.1:${port}/user/both`, { headers });
      const refused = await ask({});
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
        401,
        'Bearer realm="census"',
      ]);
      expect((await ask(fields(token()))).status).toBe(200);
      expect(ran).toEqual(['second guard service', 'both']);
      expect(service.decisions).toHaveLength(2);
    });
});

describe('applications that share controllers', () => {
  const code = (port: number, from: typeof issuer) =>
    request(plainClient(port, fields(aToken().from(from).to(CENSUS))), 'user.both').then(
      () => 'let in',
      (error: unknown) => (error as { code: string }).code,
    );

  it.each(shapes)('trust each their own issuers, as %s', async (_, start) => {
    const [one, other] = [
      await serveMessages(usersModule([issuer.trustEntry()]), start),
      await serveMessages(usersModule([stranger.trustEntry()]), start),
    ];
    expect(await code(one.port, issuer)).toBe('let in');
    expect(await code(other.port, stranger)).toBe('let in');
    expect(await code(one.port, stranger)).toBe('ISSUER_UNTRUSTED');
    expect(await code(other.port, issuer)).toBe('ISSUER_UNTRUSTED');
    await one.app.close();
    await other.app.close();
  });
});

describe('servers that nobody guards', () => {
  const create = () =>
    NestFactory.create(usersModule([issuer.trustEntry()]), new FastifyAdapter(), {
      logger: false,
      abortOnError: false,
    });

  const connected = async (strategy: ServerTCP) => {
    const app = await create();
    app.connectMicroservice<MicroserviceOptions>({ strategy });
    return app;
  };

  const findings = async (app: INestApplication) => {
    const error = await app.init().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    await app.close();
    return error instanceof BootAuditError ? error.findings : error;
  };

  it('stop the boot', async () => {
    expect(await findings(await connected(new ServerTCP({})))).toEqual([
      {
        handler: 'ServerTCP',
        route: 'message server',
        problem:
          'is not guarded: connect a CountersignTcpServer or CountersignGrpcServer, to one application',
      },
    ]);
  });

  it('are those of two applications as well', async () => {
    const strategy = new CountersignTcpServer({ port: 0 });
    const [one, other] = [await connected(strategy), await connected(strategy)];
    await one.init();
    await one.startAllMicroservices();
    await expectClosed(strategy);
    expect(await findings(other)).toHaveLength(1);
    await one.close();
  });

  /** Nobody is let in, with a token or where none is needed. */
  async function expectClosed(strategy: ServerTCP): Promise<void> {
    const { port } = strategy.unwrap<{ address(): AddressInfo }>().address();
    ran.length = 0;
    for (const pattern of ['user.both', 'user.public'])
      await expect(request(plainClient(port, fields(token())), pattern)).rejects.toEqual({
        status: 'error',
        message: 'Internal server error',
      });
    expect(ran).toEqual([]);
  }

  it('let nothing through when they are connected too late to stop it', async () => {
    const app = await create();
    await app.init();
    const strategy = new ServerTCP({ host: '127.0.0.1', port: 0 });
    app.connectMicroservice<MicroserviceOptions>({ strategy });
    await app.startAllMicroservices();
    await expectClosed(strategy);
    await app.close();
  });
});
