import { Controller, Get, Module, Post } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { INestApplication, Type } from '@nestjs/common';
import {
  Audience,
  CountersignGuard,
  CountersignModule,
  Public,
  Scopes,
  SingleUse,
} from '@countersign/auth';

import { describeAccess, type AccessAttack, type CountersignTest } from '../src/index.js';
import type { RouteAccess, TestRunner } from '../src/index.js';
import { start } from './start.js';
import { options, ran, UsersModule, usersModule } from './users.module.js';

/** What the generated tests say of an application: by kind of attack, the message of each that fails. */
async function failuresOf(t: CountersignTest, routes?: readonly RouteAccess[]) {
  const tests: [string, () => Promise<void>][] = [];
  const runner: TestRunner = {
    describe: (_, body) => body(),
    it: (name, body) => tests.push([name, body]),
  };
  const requests = { 'GET /user/:id': { params: { id: '42' } } };
  const known = t.routes().some(({ route }) => route in requests) ? { requests } : {};
  describeAccess(() => t, { runner, subject: '/user/42/', ...known, ...(routes && { routes }) });
  const failures: Record<string, string> = {};
  for (const [name, body] of tests)
    await body().catch((error: Error) => {
      failures[name] = error.message;
    });
  return failures;
}

describe('the generated tests', () => {
  const started: INestApplication[] = [];

  beforeEach(() => {
    ran.length = 0;
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    for (const app of started.splice(0)) await app.close();
    expect(ran).toEqual([]);
  });

  async function run(module: Type): Promise<CountersignTest> {
    const { app, t } = await start(module);
    started.push(app);
    return t;
  }

  /** A service of one controller, otherwise like that of the users. */
  function serviceOf(controller: Type): Type {
    @Module({
      imports: [CountersignModule.forRoot({ service: 'census', ...options })],
      controllers: [controller],
    })
    class Service {}
    return Service;
  }

  it('pass where all is well', async () => {
    expect(await failuresOf(await run(UsersModule))).toEqual({});
  });

  it('fail, each of them that expects a refusal, where the guard is gone', async () => {
    const t = await run(UsersModule);
    jest.spyOn(CountersignGuard.prototype, 'canActivate').mockReturnValue(true);
    const failures = await failuresOf(t);
    const kinds = new Set(t.attacks().map(({ kind }) => kind));
    kinds.delete('lets in whom the rule lets in');
    expect(Object.keys(failures).sort()).toEqual([...kinds].sort());
    expect(failures['refuses requests without a token']).toContain(
      'GET /user/:id: expected 401 TOKEN_MISSING, but it was let in (nobody)',
    );
  });

  it('fail where the guard lets nobody in', async () => {
    const t = await run(UsersModule);
    jest.spyOn(CountersignGuard.prototype, 'canActivate').mockReturnValue(false);
    expect(await failuresOf(t)).toHaveProperty('lets in whom the rule lets in');
  });

  @Controller('report')
  @Audience('census')
  class Reviewed {
    @Post()
    @Scopes('users:read', 'users:write')
    @SingleUse()
    make() {
      ran.push('make');
    }
  }

  it('fail where a member of a reviewed rule is missing', async () => {
    @Controller('report')
    @Audience('census')
    class Careless {
      @Post()
      @Scopes('users:read')
      make() {
        ran.push('make');
      }
    }
    const reviewed = (await run(serviceOf(Reviewed))).routes();
    const failures = await failuresOf(await run(serviceOf(Careless)), reviewed);
    expect(failures).toEqual({
      'refuses tokens without a scope that is asked for': expect.stringContaining(
        'POST /report: expected 403 SCOPE_MISSING, but it was let in',
      ),
      'refuses tokens that were used before': expect.stringContaining(
        'POST /report: expected 401 TOKEN_REPLAYED, but it was let in',
      ),
    });
  });

  it('fail where a route was opened, came or went since the review', async () => {
    @Controller('report')
    class Open {
      @Post()
      @Public({ reason: 'in a hurry' })
      make() {
        ran.push('make');
      }

      @Get()
      @Public({ reason: 'new' })
      added() {
        ran.push('added');
      }
    }
    const reviewed = (await run(serviceOf(Reviewed))).routes();
    const failures = await failuresOf(await run(serviceOf(Open)), reviewed);
    expect(failures['refuses requests without a token']).toContain('POST /report');
    expect(failures['has the routes that are named']).toBe(
      'routes without a reviewed rule: GET /report',
    );
  });

  it('fail where tokens can be used again', async () => {
    const failures = await failuresOf(await run(usersModule({ replay: 'off' })));
    expect(Object.keys(failures)).toEqual(['refuses tokens that were used before']);
  });

  it('fail for a rule that nobody who is trusted can satisfy', async () => {
    const trust = (options.trust as readonly { kind: string }[]).filter(
      ({ kind }) => kind === 'service-peer',
    );
    const failures = await failuresOf(await run(usersModule({ trust: trust as never })));
    expect(failures['lets in whom the rule lets in']).toContain(
      'GET /user/:id: nobody the application trusts can satisfy {"subject":"none","scopes":["users:read:any"]',
    );
  });

  it('fail where another route answers first', async () => {
    @Controller('report')
    @Audience('census')
    class Shadowed {
      @Get('*any')
      @Public({ reason: 'declared too early' })
      any() {
        ran.push('any');
      }

      @Get('latest')
      @Scopes('users:read')
      latest() {
        ran.push('latest');
      }
    }
    const { app, t } = await start(serviceOf(Shadowed), new ExpressAdapter());
    started.push(app);
    expect((await failuresOf(t))['refuses requests without a token']).toContain(
      'GET /report/latest: expected 401 TOKEN_MISSING, but it was let in',
    );
  });

  it('need a test runner', () => {
    const { it: kept } = globalThis;
    try {
      globalThis.it = undefined as never;
      expect(() => describeAccess(() => undefined as never)).toThrow('needs runner');
    } finally {
      globalThis.it = kept;
    }
  });

  it('say of each attack what it is', async () => {
    const t = await run(UsersModule);
    const attack = t.attacks().find(({ kind }) => kind === 'refuses callers who are not named');
    expect(attack).toMatchObject<Partial<AccessAttack>>({
      route: 'DELETE /user/:id',
      by: 'test-client by way of auth-server with users:write',
    });
    expect(await attack?.run()).toBeUndefined();
  });
});
