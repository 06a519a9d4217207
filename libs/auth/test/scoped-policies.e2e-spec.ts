import 'reflect-metadata';
import {
  applyDecorators,
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  Scope,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { aToken, createTestIssuer, testClock } from '@countersign/testing';

import {
  Audience,
  CountersignModule,
  OnBehalfOf,
  Scopes,
  allow,
  deny,
  type AccessPolicy,
  type AccessRequest,
} from '../src/index.js';
import { adapters, run, type Running } from './adapters.js';

const CENSUS = 'https://census.example/';
const clock = testClock();
const server = createTestIssuer({ clock, trust: { subjects: [`${CENSUS}user/`] } });
const made = { tenants: 0, policies: 0 };

/** Lives for one request, and reads it. */
@Injectable({ scope: Scope.REQUEST })
class Tenant {
  readonly number = ++made.tenants;

  constructor(
    @Inject(REQUEST) readonly request: { readonly headers: Readonly<Record<string, string>> },
  ) {}

  get name(): string | undefined {
    return this.request.headers['x-tenant'];
  }
}

/** Request-scoped by what it depends on alone. */
@Injectable()
class OfTenant implements AccessPolicy {
  constructor(@Inject(Tenant) private readonly tenant: Tenant) {}

  async evaluate({ principal }: AccessRequest) {
    await new Promise((resolve) => setImmediate(resolve));
    return principal.claims['tenant'] === this.tenant.name ? allow() : deny('other_tenant');
  }
}

/** One for each that asks. */
@Injectable({ scope: Scope.TRANSIENT })
class Fresh implements AccessPolicy {
  constructor() {
    made.policies += 1;
  }

  evaluate() {
    return allow();
  }
}

/** As a team writes its own word. */
const ReadNotes = () => applyDecorators(Scopes('notes:read'), OnBehalfOf(OfTenant));

@Controller('notes')
@Audience('census')
class NotesController {
  @Get()
  @ReadNotes()
  @OnBehalfOf(Fresh)
  list() {
    return { tenants: made.tenants };
  }
}

@Controller('mine')
@Audience('census')
@ReadNotes()
class MineController {
  constructor(@Inject(Tenant) private readonly tenant: Tenant) {}

  @Get()
  list() {
    return { tenant: this.tenant.number, tenants: made.tenants };
  }
}

@Module({
  imports: [
    CountersignModule.forRoot({
      service: 'census',
      audiences: { census: CENSUS },
      trust: [server.trustEntry()],
      clock,
    }),
  ],
  controllers: [NotesController, MineController],
  providers: [Tenant, OfTenant, Fresh],
})
class NotesModule {}

describe.each(adapters)('request-scoped policies on %s', (_, adapter) => {
  let running: Running;

  beforeAll(async () => {
    running = await run(NotesModule, adapter());
  });
  afterAll(() => running.app.close());
  beforeEach(() => {
    made.tenants = 0;
    made.policies = 0;
  });

  async function get(path: string, tenant: string, asked = tenant) {
    const token = aToken().from(server).to(CENSUS).scopes('notes:read');
    const jwt = token.onBehalfOf(`${CENSUS}user/42/`).claim('tenant', tenant).sign();
    const headers = { authorization: `Bearer ${jwt}`, 'x-tenant': asked };
    const answer = await fetch(`${running.url}${path}`, { headers });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  it('are made for the request that they decide', async () => {
    expect(await get('/notes', 'a')).toEqual({ status: 200, body: { tenants: 1 } });
    expect(await get('/notes', 'b')).toEqual({ status: 200, body: { tenants: 2 } });
    expect(made.policies).toBe(2);
  });

  it('refuse by what that request says', async () => {
    expect(await get('/notes', 'a', 'b')).toMatchObject({
      status: 403,
      body: { code: 'POLICY_REFUSED' },
    });
  });

  it('share their scope with a controller that is request-scoped itself', async () => {
    expect(await get('/mine', 'a')).toEqual({ status: 200, body: { tenant: 1, tenants: 1 } });
  });

  it('never see the request of another call', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_unused, at) => get('/notes', `t${at}`, `t${at - (at % 2)}`)),
    );
    expect(answers.map(({ status }) => status)).toEqual(
      Array.from({ length: 50 }, (_unused, at) => (at % 2 === 0 ? 200 : 403)),
    );
  });
});
