import 'reflect-metadata';
import { Controller, Get, Inject, Module } from '@nestjs/common';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { createTestIssuer, testClock, type TestIssuer } from '@countersign/testing';
import { authorizationServer, memoryReplay, type TrustSource } from '@countersign/token';

import { CountersignModule, Public, type CountersignOptions } from '../src/index.js';
import { CountersignHealthIndicator, type KeysHealthOptions } from '../src/terminus.js';
import { adapters, run } from './adapters.js';

const CENSUS = 'https://census.example/';

function moduleOf(options: Partial<CountersignOptions>, keys: KeysHealthOptions = {}) {
  @Controller('health')
  @Public({ reason: 'asked by whoever balances load' })
  class HealthController {
    constructor(
      @Inject(HealthCheckService) private readonly health: HealthCheckService,
      @Inject(CountersignHealthIndicator) private readonly countersign: CountersignHealthIndicator,
    ) {}

    @Get()
    check() {
      return this.health.check([
        () => this.countersign.keys(keys),
        () => this.countersign.trust(),
        () => this.countersign.revocations(),
        () => this.countersign.replay(),
      ]);
    }
  }

  @Module({
    imports: [
      TerminusModule,
      CountersignModule.forRoot({
        service: 'census',
        audiences: { census: CENSUS },
        trust: [],
        ...options,
      }),
    ],
    controllers: [HealthController],
    providers: [CountersignHealthIndicator],
  })
  class HealthModule {}
  return HealthModule;
}

describe.each(adapters)('the health indicators on %s', (_, adapter) => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function served(issuer: TestIssuer) {
    const server = await issuer.serve();
    closing.push(() => server.close().catch(() => undefined));
    return server;
  }

  async function ask(options: Partial<CountersignOptions>, keys?: KeysHealthOptions) {
    const { app, url } = await run(moduleOf(options, keys), adapter());
    closing.push(() => app.close());
    return async () => {
      const answer = await fetch(`${url}/health`);
      const { status, details } = (await answer.json()) as {
        status: string;
        details: Record<string, Record<string, unknown>>;
      };
      return { http: answer.status, status, details };
    };
  }

  it('are up where keys are read and nothing is missing', async () => {
    const issuer = createTestIssuer();
    await served(issuer);
    const health = await ask({ trust: [issuer.servedTrustEntry()], replay: memoryReplay() });
    expect(await health()).toEqual({
      http: 200,
      status: 'ok',
      details: {
        countersign_keys: {
          status: 'up',
          [issuer.name]: { state: 'fresh', age: 0, failures: 0 },
        },
        countersign_trust: { status: 'up', sources: [] },
        countersign_revocations: expect.objectContaining({ status: 'up' }),
        countersign_replay: expect.objectContaining({ status: 'up' }),
      },
    });
  });

  it('are down where nobody can be verified, and up again when somebody can', async () => {
    const clock = testClock();
    const issuer = createTestIssuer({ clock });
    const server = await served(issuer);
    const { port } = new URL(server.url);
    await server.close();
    const trust = [issuer.servedTrustEntry()];
    const health = await ask({ trust, clock });
    expect(await health()).toMatchObject({
      http: 503,
      status: 'error',
      details: { countersign_keys: { status: 'down', [issuer.name]: { state: 'empty' } } },
    });
    expect(port).toBeTruthy();
  });

  it('are degraded where one of several cannot be, and down where that one is required', async () => {
    const [here, away] = [createTestIssuer(), createTestIssuer({ name: 'away' })];
    await served(here);
    await (await served(away)).close();
    const trust = [here.servedTrustEntry(), away.servedTrustEntry()];
    expect(await (await ask({ trust }))()).toMatchObject({
      http: 200,
      details: { countersign_keys: { status: 'degraded', away: { state: 'empty' } } },
    });
    expect(await (await ask({ trust }, { required: ['away'] }))()).toMatchObject({
      http: 503,
      details: { countersign_keys: { status: 'down' } },
    });
  });

  it('are degraded where a feed is silent that lets tokens pass, and down where it refuses', async () => {
    const issuer = createTestIssuer();
    await served(issuer);
    const trusted = (onStale: 'accept' | 'refuse') =>
      authorizationServer(issuer.issuer, {
        jwks: [issuer.key.jwk],
        revocation: { url: `${issuer.issuer}/feed`, maxStale: '30s', onStale },
      } as never);
    expect(await (await ask({ trust: [trusted('accept')] }))()).toMatchObject({
      http: 200,
      details: {
        countersign_revocations: { status: 'degraded', 'auth-server': { state: 'never' } },
      },
    });
    expect(await (await ask({ trust: [trusted('refuse')] }))()).toMatchObject({
      http: 503,
      details: { countersign_revocations: { status: 'down' } },
    });
  });

  it('are down where nobody says whom to trust', async () => {
    const source: TrustSource = {
      location: 'a secret place',
      every: 60,
      maxAge: 120,
      isRequired: false,
      load: () => Promise.reject(new Error('a secret reason')),
    };
    const answer = await (await ask({ trust: source }))();
    expect(answer).toMatchObject({
      http: 503,
      details: {
        countersign_trust: { status: 'down', sources: [{ state: 'never', failures: 1 }] },
      },
    });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });

  it('are down where the replay store does not answer, without its own words', async () => {
    const check = () => Promise.reject(new Error('connect ECONNREFUSED db.internal:5432'));
    const answer = await (await ask({ replay: { use: () => true, check } }))();
    expect(answer).toMatchObject({
      http: 503,
      details: { countersign_replay: { status: 'down' } },
    });
    expect(JSON.stringify(answer)).not.toContain('db.internal');
  });

  it.each<[string, CountersignOptions['replay'], string]>([
    ['none', undefined, 'none'],
    ['one that is off', 'off', 'off'],
    ['one that cannot be asked', { use: () => true }, 'unchecked'],
  ])('say of the replay store when there is %s', async (_name, replay, store) => {
    const answer = await (await ask({ ...(replay && { replay }) }))();
    expect(answer).toMatchObject({ details: { countersign_replay: { status: 'up', store } } });
  });

  it('are an error for a required issuer that nobody trusts', async () => {
    const health = await ask({}, { required: ['auht-server'] });
    expect((await health()).http).toBe(500);
  });
});
