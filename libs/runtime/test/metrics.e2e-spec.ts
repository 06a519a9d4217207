import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

import 'reflect-metadata';
import { Controller, Get, Module, NotFoundException, Param } from '@nestjs/common';
import { Audience, Authenticated, CountersignModule, Public } from '@countersign/auth';
import { aToken, createTestIssuer } from '@countersign/testing';

import { eventCounter } from '../src/lib/metrics/event-counter.js';
import { MetricsServer } from '../src/lib/metrics/metrics-server.js';
import { baseConfig, listenOn, readConfig, startApp, type RunningApp } from '../src/index.js';

const audience = 'https://census.example/';
const issuer = createTestIssuer({});

@Controller('thing')
@Audience('census')
class ThingController {
  @Get(':id')
  @Public({ reason: 'a test' })
  one(@Param('id') id: string): object {
    if (id === 'missing') throw new NotFoundException();
    return { id };
  }

  @Get(':id/guarded')
  @Authenticated()
  guarded(): object {
    return {};
  }
}

@Module({
  controllers: [ThingController],
  imports: [
    CountersignModule.forRoot({
      service: 'census',
      audiences: { census: audience },
      trust: [issuer.trustEntry()],
    }),
  ],
})
class ThingModule {}

const start = (env: Record<string, string>): Promise<RunningApp> =>
  startApp({
    name: 'census',
    config: readConfig(baseConfig.extend(listenOn(4002)), {
      PORT: '0',
      LOG_LEVEL: 'silent',
      ...env,
    }),
    module: () => ThingModule,
  });

describe('metrics', () => {
  let running: RunningApp;
  let metricsUrl: string;

  beforeAll(async () => {
    running = await start({ METRICS_PORT: '0' });
    metricsUrl = running.app.get(MetricsServer, { strict: false }).url;
  });
  afterAll(() => running?.close());

  const ask = async (path: string, token?: string): Promise<number> => {
    const headers = token ? { authorization: `Bearer ${token}` } : undefined;
    const response = await fetch(new URL(path, running.url), headers && { headers });
    await response.arrayBuffer();
    return response.status;
  };
  const metrics = async (): Promise<string[]> =>
    (await (await fetch(metricsUrl)).text()).split('\n');
  const counted = async (start: string): Promise<string[]> =>
    (await metrics()).filter((line) => line.startsWith(start));

  it('count requests by the template of their route, never by their address', async () => {
    for (const id of ['1', '2', 'missing']) await ask(`thing/${id}`);
    for (const path of ['a', 'b', 'c?d']) await ask(path);
    const count = 'http_request_duration_seconds_count';
    expect(await counted(count)).toEqual(
      expect.arrayContaining([
        `${count}{method="GET",route="/thing/:id",status="200"} 2`,
        `${count}{method="GET",route="/thing/:id",status="404"} 1`,
        `${count}{method="GET",route="none",status="404"} 3`,
      ]),
    );
    expect((await metrics()).join('\n')).not.toContain('missing');
  });

  it('count what the guard decides, by code', async () => {
    const token = aToken().from(issuer).to(audience);
    expect(await ask('thing/1/guarded')).toBe(401);
    expect(await ask('thing/1/guarded', token.expired().sign())).toBe(401);
    for (let times = 0; times < 3; times += 1)
      expect(await ask('thing/1/guarded', token.sign())).toBe(200);
    expect((await counted('countersign_decisions_total')).sort()).toEqual([
      'countersign_decisions_total{service="census",outcome="TOKEN_EXPIRED"} 1',
      'countersign_decisions_total{service="census",outcome="TOKEN_MISSING"} 1',
      'countersign_decisions_total{service="census",outcome="granted"} 3',
    ]);
  });

  it('tell of the process', async () => {
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes'])
      expect(await counted(`${name} `)).toHaveLength(1);
  });

  it('are not at the door of the app', async () => {
    expect(await ask('metrics')).toBe(404);
  });

  it.each([
    ['GET', '/', 404],
    ['POST', '/metrics', 405],
    ['HEAD', '/metrics', 200],
  ])('answer %s %s with %i', async (method, path, status) => {
    expect((await fetch(new URL(path, metricsUrl), { method })).status).toBe(status);
  });

  it('tell what an app counts of its own, from the start', async () => {
    const count = eventCounter({
      name: 'things_total',
      help: 'Things.',
      label: 'state',
      values: ['made', 'broken'],
    });
    expect(await counted('things_total')).toEqual([
      'things_total{state="made"} 0',
      'things_total{state="broken"} 0',
    ]);
    count('made');
    count('made');
    expect(await counted('things_total{state="made"}')).toEqual(['things_total{state="made"} 2']);
  });

  it('end with the app', async () => {
    const other = await start({ METRICS_PORT: '0' });
    const { url } = other.app.get(MetricsServer, { strict: false });
    expect((await fetch(url)).status).toBe(200);
    await other.close();
    await expect(fetch(url)).rejects.toThrow();
  });

  it('are off unless a port is set', async () => {
    const other = await start({});
    expect(() => other.app.get(MetricsServer, { strict: false })).toThrow();
    await other.close();
  });

  it('keep an app from starting when their port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    await expect(start({ METRICS_PORT: String(port) })).rejects.toThrow('EADDRINUSE');
    taken.close();
  });
});
