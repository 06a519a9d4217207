import 'reflect-metadata';
import {
  Controller,
  Get,
  Module,
  Param,
  type MiddlewareConsumer,
  type NestModule,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type DataPoint,
  type Histogram,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { aToken, createTestIssuer, startTokenEndpoint, testClock } from '@countersign/testing';
import { clientCredentials, clientSecretBasic, createSigner, selfIssued } from '@countersign/token';

import {
  Audience,
  Authenticated,
  CountersignClientsModule,
  CountersignModule,
  InjectClient,
  Public,
  ServiceClient,
} from '../src/index.js';
import { observeCountersign } from '../src/opentelemetry.js';
import { run, type Running } from './adapters.js';
import { CENSUS, censusModule } from './census.module.js';

const clock = testClock(Date.now() / 1000);
const herald = createTestIssuer({
  clock,
  kind: 'service-peer',
  name: 'herald',
  issuer: 'https://herald.example/',
  trust: { mayAssert: ['users:list'] },
});
const { kid, signingKey: privateKey } = herald.key;
const signer = createSigner({ algorithm: 'ES256', kid, privateKey });
const source = selfIssued({ issuer: herald.issuer, signer });
const INCOMING = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

@Controller()
class CallingController {
  constructor(@InjectClient('census') private readonly census: ServiceClient) {}

  @Get('mine')
  @Audience('herald')
  @Authenticated()
  mine() {}

  @Get('call/:path')
  @Public({ reason: 'a test calls it' })
  call(@Param('path') path: string) {
    return this.census
      .asSelf()
      .get(`/user/${path}`, { scopes: path === 'any-scope' ? ['users:list'] : [] })
      .then(() => 'answered', String);
  }
}

function heraldModule(url: string) {
  @Module({
    imports: [
      CountersignModule.forRoot({
        service: 'herald',
        audiences: { herald: 'https://herald.example/' },
        trust: [],
      }),
      CountersignClientsModule.forRoot({ clients: { census: { url, audience: CENSUS, source } } }),
    ],
    controllers: [CallingController],
  })
  class HeraldModule implements NestModule {
    /** As an instrumentation of HTTP does: a span that is active while the request is handled. */
    configure(consumer: MiddlewareConsumer): void {
      const activate = (_request: unknown, response: NodeJS.EventEmitter, next: () => void) =>
        trace.getTracer('test').startActiveSpan('request', (span) => {
          response.once('finish', () => span.end());
          next();
        });
      consumer.apply(activate).forRoutes('mine', 'call/principal');
    }
  }
  return HeraldModule;
}

describe('OpenTelemetry', () => {
  const measured = new InMemoryMetricExporter(AggregationTemporality.DELTA);
  const reader = new PeriodicExportingMetricReader({
    exporter: measured,
    exportIntervalMillis: 3_600_000,
  });
  const provider = new MeterProvider({ readers: [reader] });
  const traced = new InMemorySpanExporter();
  const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(traced)] });
  const seen: (string | undefined)[] = [];
  let census: Running;
  let calling: Running;
  let end: () => void;

  beforeAll(async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    metrics.setGlobalMeterProvider(provider);
    trace.setGlobalTracerProvider(tracers);
    end = observeCountersign();
    census = await run(censusModule([herald.trustEntry()], clock), new ExpressAdapter());
    const server = census.app.getHttpServer() as NodeJS.EventEmitter;
    server.on('request', (request: { headers: Record<string, string | undefined> }) =>
      seen.push(request.headers['traceparent']),
    );
    calling = await run(heraldModule(`${census.url}/`), new ExpressAdapter());
  });
  afterAll(async () => {
    end();
    await census.app.close();
    await calling.app.close();
    await provider.shutdown();
    context.disable();
    metrics.disable();
    trace.disable();
    propagation.disable();
  });
  beforeEach(() => {
    seen.length = 0;
    traced.reset();
  });

  async function points(name: string): Promise<readonly DataPoint<number | Histogram>[]> {
    measured.reset();
    await reader.forceFlush();
    return measured
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }) => dataPoints as DataPoint<number | Histogram>[]);
  }

  it('counts decisions by service, outcome and code, and by nothing that a caller chose', async () => {
    const ask = (jwt: string) =>
      fetch(`${census.url}/user/any-scope?q=secret`, {
        headers: { authorization: `Bearer ${jwt}` },
      });
    const token = aToken().from(herald).to(CENSUS);
    await points('countersign.decisions');
    await ask(token.scopes('users:list').sign());
    for (const at of [1, 2, 3])
      await ask(token.claim('iss', `https://evil${at}.example/`).header('kid', `k${at}`).sign());
    const counted = await points('countersign.decisions');
    expect(counted.map(({ attributes, value }) => [attributes, value])).toEqual([
      [{ 'countersign.service': 'census', 'countersign.outcome': 'granted' }, 1],
      [
        {
          'countersign.service': 'census',
          'countersign.outcome': 'refused',
          'countersign.code': 'ISSUER_UNTRUSTED',
        },
        3,
      ],
    ]);
  });

  it('measures how long decisions take', async () => {
    await points('countersign.decision.duration');
    await fetch(`${census.url}/user/any-scope`);
    const [point] = await points('countersign.decision.duration');
    expect(point?.attributes).toEqual({
      'countersign.service': 'census',
      'countersign.outcome': 'refused',
    });
    expect((point?.value as Histogram).count).toBe(1);
    expect((point?.value as Histogram).sum).toBeGreaterThan(0);
    expect((point?.value as Histogram).sum).toBeLessThan(5);
  });

  it('says on the active span what was decided, with the id that the log has', async () => {
    calling.decisions.length = 0;
    expect((await fetch(`${calling.url}/mine`)).status).toBe(401);
    const [span] = traced.getFinishedSpans();
    const expected = {
      'countersign.service': 'herald',
      'countersign.outcome': 'refused',
      'countersign.code': 'TOKEN_MISSING',
      'countersign.decision': calling.decisions[0]?.['decision'],
    };
    expect(span?.attributes).toEqual(expected);
    expect(span?.events).toMatchObject([{ name: 'countersign.decision', attributes: expected }]);
  });

  it('makes a span of each call, below what came with the request, and sends its context', async () => {
    const headers = { traceparent: INCOMING, tracestate: 'vendor=1' };
    const answer = await fetch(`${calling.url}/call/any-scope`, { headers });
    expect(await answer.text()).toBe('answered');
    const [span] = traced.getFinishedSpans();
    expect(span).toMatchObject({
      name: 'GET census',
      kind: 2,
      attributes: {
        'countersign.peer': 'census',
        'http.request.method': 'GET',
        'http.response.status_code': 200,
      },
      parentSpanContext: { spanId: 'b7ad6b7169203331' },
    });
    const { traceId, spanId } = span!.spanContext();
    expect(traceId).toBe('0af7651916cd43dd8448eb211c80319c');
    expect(seen).toEqual([`00-${traceId}-${spanId}-01`]);
  });

  it('makes it below the active span where requests are traced', async () => {
    const headers = { traceparent: INCOMING };
    await (await fetch(`${calling.url}/call/principal`, { headers })).text();
    const [call, request] = traced.getFinishedSpans();
    expect(call).toMatchObject({
      name: 'GET census',
      parentSpanContext: { spanId: request?.spanContext().spanId },
    });
    expect(seen[0]).toContain(request?.spanContext().traceId);
  });

  it('measures calls by peer, method and outcome', async () => {
    await points('countersign.call.duration');
    await fetch(`${calling.url}/call/service-only`);
    await fetch(`${calling.url}/call/user-only`);
    const measuredCalls = await points('countersign.call.duration');
    expect(measuredCalls.map(({ attributes }) => attributes['countersign.outcome'])).toEqual([
      'answered',
      'refused',
    ]);
    const failed = traced.getFinishedSpans().at(-1);
    expect(failed).toMatchObject({
      status: { code: 2, message: 'refused' },
      attributes: {
        'error.type': 'refused',
        'http.response.status_code': 403,
        'countersign.code': 'PRINCIPAL_KIND_FORBIDDEN',
        'countersign.decision': expect.any(String),
      },
    });
  });

  it('counts readings of key sets by their location', async () => {
    await points('countersign.key_set.reads');
    const away = createTestIssuer({ name: 'away' });
    const served = await away.serve();
    const running = await run(censusModule([away.servedTrustEntry()], clock), new ExpressAdapter());
    const authorization = `Bearer ${aToken().from(away).to(CENSUS).sign()}`;
    await fetch(`${running.url}/user/principal`, { headers: { authorization } });
    await running.app.close();
    await served.close();
    const reads = await points('countersign.key_set.reads');
    expect(reads.map(({ attributes, value }) => [attributes, value])).toEqual([
      [
        {
          'countersign.key_set.location': expect.stringContaining('127.0.0.1'),
          'countersign.outcome': 'replaced',
        },
        1,
      ],
    ]);
  });

  it('measures how tokens are got', async () => {
    await points('countersign.token.acquisition.duration');
    const server = await startTokenEndpoint();
    const client = clientSecretBasic('herald', 'a-secret-of-this-test');
    const tokens = clientCredentials({ issuer: server.issuer, client });
    await tokens.token({ audience: CENSUS, scopes: ['a'] });
    await tokens.token({ audience: CENSUS, scopes: ['a'] });
    server.mode = 'invalid-target';
    await expect(tokens.token({ audience: CENSUS, scopes: ['b'] })).rejects.toThrow('no token');
    await server.close();
    const got = await points('countersign.token.acquisition.duration');
    expect(got.map(({ attributes, value }) => [attributes, (value as Histogram).count])).toEqual(
      ['given', 'refused'].map((outcome) => [
        {
          'countersign.server': server.issuer,
          'countersign.client': 'herald',
          'countersign.outcome': outcome,
        },
        1,
      ]),
    );
  });

  it('refuses to count everything twice', () => {
    expect(() => observeCountersign()).toThrow(TypeError);
  });

  it('measures nothing once it has ended', async () => {
    end();
    await points('countersign.decisions');
    await fetch(`${census.url}/user/any-scope`);
    expect(await points('countersign.decisions')).toEqual([]);
    await fetch(`${calling.url}/call/any-scope`, { headers: { traceparent: INCOMING } });
    expect(seen.at(-1)).toBe(INCOMING);
    end = observeCountersign();
  });
});
