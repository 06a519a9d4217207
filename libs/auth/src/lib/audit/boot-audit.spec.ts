import 'reflect-metadata';
import {
  Controller,
  Get,
  Injectable,
  Module,
  Post,
  SetMetadata,
  type INestApplication,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { memoryReplay } from '@countersign/token';

import { CountersignModule } from '../countersign.module.js';
import type { CountersignOptions } from '../countersign.options.js';
import {
  Audience,
  Authenticated,
  BodyBound,
  OnBehalfOf,
  OptionalAuth,
  Public,
  RequestBound,
  Scopes,
  SenderConstrained,
  SingleUse,
} from '../decorators/access.decorator.js';
import { allow, type AccessPolicy } from '../decorators/access-policy.js';
import { AccessToken, Claim, Principal, Subject } from '../decorators/principal.decorator.js';
import { BootAuditError } from './boot-audit.js';

async function boot(
  controllers: Type[],
  providers: Type[] = [],
): Promise<BootAuditError | undefined> {
  @Module({
    imports: [
      CountersignModule.forRoot({
        service: 'census',
        audiences: { census: 'https://census.example/' },
        trust: [],
      }),
    ],
    controllers,
    providers,
  })
  class App {}
  const app = await NestFactory.create(App, new FastifyAdapter(), {
    logger: false,
    abortOnError: false,
  });
  try {
    await app.init();
    return undefined;
  } catch (error) {
    if (error instanceof BootAuditError) return error;
    throw error;
  } finally {
    await app.close();
  }
}

const problems = async (...args: Parameters<typeof boot>) =>
  (await boot(...args))?.findings.map(({ handler, route, problem }) => [handler, route, problem]);

describe('the boot audit', () => {
  it('lets an application start whose every route declares a rule', async () => {
    @Controller('user')
    @Audience('census')
    class Users {
      @Get(':id')
      @Scopes('users:read')
      one(@Principal() who: unknown) {
        return who;
      }

      @Get('health')
      @Public({ reason: 'probe' })
      health() {}

      notARoute() {}
    }
    expect(await boot([Users])).toBeUndefined();
  });

  it('refuses undeclared routes with a table of all of them', async () => {
    @Controller('user')
    class Users {
      @Get(':id')
      one() {}

      @Post(['a', 'b'])
      two() {}
    }
    @Controller()
    class Root {
      @Get()
      index() {}
    }
    const error = await boot([Users, Root]);
    expect(error?.message).toContain('census does not start: 3 handlers');
    expect(error?.message).toMatch(/Users\.one\s+GET \/user\/:id\s+declares no rule/);
    expect(error?.message).toMatch(/Users\.two\s+POST \/user\/a\|\/b\s+declares no rule/);
    expect(error?.message).toMatch(/Root\.index\s+GET \/\s+declares no rule/);
  });

  it('refuses a handler that took the place of the one its rule was declared on', async () => {
    const Traced = (): MethodDecorator => (_target, _key, descriptor) => {
      const inner = descriptor.value as () => unknown;
      (descriptor as PropertyDescriptor).value = () => inner();
    };
    class Listed {
      @Get()
      @Scopes('users:list')
      list() {}
    }
    @Controller('user')
    @Audience('census')
    @Authenticated()
    class Users extends Listed {
      @Get()
      override list() {}

      @Get(':id')
      @Traced()
      @Scopes('users:read')
      one() {}
    }
    const problem =
      'was overridden or wrapped without the rule declared on it: declare it on the override, or above the wrapper';
    expect(await problems([Users])).toEqual([
      ['Users.list', 'GET /user', problem],
      ['Users.one', 'GET /user/:id', problem],
    ]);
  });

  it('lets inherited handlers and overrides with a rule of their own start', async () => {
    class Listed {
      @Get()
      @Scopes('users:list')
      list() {}

      @Get('count')
      @Scopes('users:list')
      @Authenticated()
      count() {}
    }
    @Controller('user')
    @Audience('census')
    class Users extends Listed {
      @Get()
      @Scopes('users:read')
      override list() {}
    }
    expect(await boot([Users])).toBeUndefined();
  });

  it('refuses an audience that the options do not have', async () => {
    @Controller('x')
    @Audience('cencus')
    @Authenticated()
    class Misspelt {
      @Get()
      one() {}
    }
    expect(await problems([Misspelt])).toEqual([
      ['Misspelt.one', 'GET /x', "audience 'cencus' is not among the audiences of the options"],
    ]);
  });

  it('refuses a public route that asks who is calling', async () => {
    @Controller('x')
    class Curious {
      @Get()
      @Public({ reason: 'probe' })
      one(@Subject() who: unknown) {
        return who;
      }

      @Get('claim')
      @Public({ reason: 'probe' })
      two(@Claim('tenant') tenant: unknown) {
        return tenant;
      }

      @Get('token')
      @Public({ reason: 'probe' })
      three(@AccessToken() token: unknown) {
        return token;
      }

      @Get('optional')
      @Audience('census')
      @OptionalAuth()
      four(@Subject() who: unknown) {
        return who;
      }
    }
    const problem = 'is public, but takes a principal, caller, subject, claim or token';
    expect(await problems([Curious])).toEqual([
      ['Curious.one', 'GET /x', problem],
      ['Curious.two', 'GET /x/claim', problem],
      ['Curious.three', 'GET /x/token', problem],
    ]);
  });

  it('refuses a policy that nobody provides, and starts when somebody does', async () => {
    @Injectable()
    class Owner implements AccessPolicy {
      evaluate() {
        return allow();
      }
    }
    @Controller('x')
    @Audience('census')
    class Owned {
      @Get()
      @OnBehalfOf(Owner)
      one() {}
    }
    expect(await problems([Owned])).toEqual([
      ['Owned.one', 'GET /x', 'policy Owner is not a provider of any module'],
    ]);
    expect(await boot([Owned], [Owner])).toBeUndefined();
  });

  it('refuses two policies of one name', async () => {
    const named = () => {
      @Injectable()
      class Owner implements AccessPolicy {
        evaluate() {
          return allow();
        }
      }
      return Owner;
    };
    const [first, second] = [named(), named()];
    @Controller('x')
    @Audience('census')
    class Twice {
      @Get('a')
      @OnBehalfOf(first)
      a() {}

      @Get('b')
      @OnBehalfOf(second)
      b() {}
    }
    expect(await problems([Twice], [first, second])).toEqual([
      ['Twice.b', 'GET /x/b', 'two policies are named Owner: rename one'],
    ]);
  });

  it('refuses gateways and resolvers, which nobody guards yet, and message handlers without a rule', async () => {
    @Controller()
    class Messages {
      @MessagePattern('sum')
      @Audience('census')
      @Authenticated()
      @RequestBound()
      sum() {}

      @MessagePattern({ cmd: 'other' })
      other() {}

      @EventPattern('either')
      @Get('either')
      either(data: unknown) {
        return data;
      }
    }
    @Injectable()
    @SetMetadata('websockets:is_gateway', true)
    class Gateway {}
    @Injectable()
    @SetMetadata('graphql:resolver_type', 'User')
    class Resolver {}
    expect(await problems([Messages], [Gateway, Resolver])).toEqual([
      ['Messages.other', 'message [{"cmd":"other"}]', 'declares no rule'],
      ['Messages.either', 'message ["either"]', 'declares no rule'],
      ['Messages.either', 'GET /either', 'declares no rule'],
      ['Gateway', 'WebSocket gateway', expect.stringContaining('is not guarded')],
      ['Resolver', 'GraphQL resolver', 'GraphQL resolvers are not supported yet'],
    ]);
  });
});

describe.each([
  ['Fastify', () => new FastifyAdapter()],
  ['Express', () => new ExpressAdapter()],
] as const)('the boot audit of bound routes on %s', (_, makeAdapter) => {
  @Controller('x')
  @Audience('census')
  @Authenticated()
  class Bound {
    @Post('body')
    @BodyBound()
    body() {}

    @Post('request')
    @RequestBound()
    request() {}

    @Post('once')
    @SingleUse()
    once() {}

    @Post('held')
    @SenderConstrained()
    held() {}
  }

  /** What stops the boot, and what was logged at warn level. */
  async function start(
    options: Partial<CountersignOptions>,
    application: { rawBody?: boolean; bodyParser?: boolean } = {},
    prepare: (app: INestApplication) => void = () => undefined,
  ): Promise<{ problems: Record<string, string>; warned: unknown[] }> {
    @Module({
      imports: [
        CountersignModule.forRoot({
          service: 'census',
          audiences: { census: 'https://census.example/' },
          trust: [],
          ...options,
        }),
      ],
      controllers: [Bound],
    })
    class App {}
    const warned: unknown[] = [];
    const keep = () => undefined;
    const logger = { log: keep, error: keep, warn: (message: unknown) => warned.push(message) };
    const app = await NestFactory.create(App, makeAdapter(), {
      logger,
      abortOnError: false,
      ...application,
    });
    try {
      prepare(app);
      await app.init();
      return { problems: {}, warned };
    } catch (error) {
      if (!(error instanceof BootAuditError)) throw error;
      const found = error.findings.map(({ handler, problem }) => [handler, problem] as const);
      return { problems: Object.fromEntries(found), warned };
    } finally {
      await app.close();
    }
  }

  const complete = { publicUrl: 'https://census.example', replay: memoryReplay() };

  it('lets them start when everything is there', async () => {
    expect((await start(complete, { rawBody: true })).problems).toEqual({});
  });

  it('refuses them without rawBody, a public URL and a replay store, each by name', async () => {
    const { problems } = await start({});
    expect(problems).toEqual({
      'Bound.body': expect.stringContaining('rawBody: true'),
      'Bound.request': expect.stringContaining('rawBody: true'),
      'Bound.once': expect.stringContaining('replay store'),
      'Bound.held': expect.stringContaining('publicUrl'),
    });
    expect((await start({ replay: 'off' }, { rawBody: true })).problems).toEqual({
      'Bound.request': expect.stringContaining('publicUrl'),
      'Bound.held': expect.stringContaining("dpop: 'off'"),
    });
  });

  it('lets certificates alone bind, where that is said', async () => {
    const options = { replay: memoryReplay(), dpop: 'off' } as const;
    expect((await start(options, { rawBody: true })).problems).toEqual({
      'Bound.request': expect.stringContaining('publicUrl'),
    });
  });

  it('refuses them where no body parser keeps the bytes', async () => {
    const own = { rawBody: true, bodyParser: false };
    expect(Object.keys((await start(complete, own)).problems)).toEqual([
      'Bound.body',
      'Bound.request',
    ]);
    const type = makeAdapter() instanceof ExpressAdapter ? 'json' : 'application/json';
    const prepared = await start(complete, own, (app) =>
      (app as unknown as { useBodyParser: (type: string) => void }).useBodyParser(type),
    );
    expect(prepared.problems).toEqual({});
  });

  it('says aloud that tokens can be used again', async () => {
    const { warned } = await start({ ...complete, replay: 'off' }, { rawBody: true });
    expect(warned).toContainEqual(expect.objectContaining({ event: 'replay.off' }));
    expect((await start(complete, { rawBody: true })).warned).toEqual([]);
  });
});

describe('CountersignModule', () => {
  it.each(['', 'Census', 'a"b'])('refuses the service name %j', (service) => {
    expect(() =>
      CountersignModule.forRoot({ service, audiences: { a: 'https://a.example/' }, trust: [] }),
    ).toThrow(/^service/);
  });
});
