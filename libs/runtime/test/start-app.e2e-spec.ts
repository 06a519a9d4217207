import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import 'reflect-metadata';
import {
  Body,
  Catch,
  Controller,
  Get,
  HttpException,
  Module,
  NotFoundException,
  Param,
  Post,
  Req,
  type ArgumentsHost,
  type ExceptionFilter,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { until } from '@countersign/testing';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { baseConfig, listenOn, ProblemException, readConfig, startApp } from '../src/index.js';
import type { RunningApp } from '../src/index.js';
import { rawRequest } from './raw-request.js';

class Teapot extends HttpException {
  constructor() {
    super('short and stout', 418);
  }
}

@Catch(Teapot)
class TeapotFilter implements ExceptionFilter {
  catch(_exception: Teapot, host: ArgumentsHost): void {
    void host.switchToHttp().getResponse<FastifyReply>().code(418).send({ from: 'own filter' });
  }
}

const events: string[] = [];
let release = (): void => undefined;

@Controller('thing')
class ThingController {
  @Get('fields')
  fields(@Req() { raw }: FastifyRequest): object {
    return { x: raw.headersDistinct['x'] };
  }

  @Get(':id')
  one(@Param('id') id: string): object {
    if (id === 'missing') throw new NotFoundException('No such thing');
    if (id === 'broken') throw new Error('select * from secrets');
    if (id === 'teapot') throw new Teapot();
    if (id === 'busy') throw new ProblemException(503, { code: 'CENSUS_DOWN', retryAfter: 7 });
    return { id };
  }

  @Get('slow/answer')
  async slow(): Promise<object> {
    events.push('slow started');
    await new Promise<void>((resolve) => (release = resolve));
    return { done: true };
  }

  @Post()
  make(@Body() body: object): object {
    return { got: body };
  }
}

@Module({
  controllers: [ThingController],
  providers: [{ provide: APP_FILTER, useClass: TeapotFilter }],
})
class ThingModule implements OnApplicationShutdown {
  onApplicationShutdown(): void {
    events.push('closed');
  }
}

const lines: string[] = [];
const config = readConfig(baseConfig.extend(listenOn(0)), { PORT: '0', LOG_LEVEL: 'info' });
const start = () =>
  startApp({
    name: 'things',
    config,
    module: () => ThingModule,
    errorShapes: [
      {
        matches: (path) => path.startsWith('/special'),
        answer: (failure) => ({
          status: failure.status,
          body: { special: failure.status },
          headers: { 'content-type': 'application/json' },
        }),
      },
    ],
    log: { write: (line) => void lines.push(line) },
  });

let running: RunningApp;
beforeAll(async () => {
  running = await start();
});
afterAll(() => running.close());
beforeEach(() => lines.splice(0));

const url = (path: string) => `${running.url}${path}`;
const post = (body: string | Buffer, type: string, headers: Record<string, string> = {}) =>
  fetch(url('thing'), { method: 'POST', body, headers: { 'content-type': type, ...headers } });

describe('startApp', () => {
  it('answers with other numbers of slashes, never with a redirect', async () => {
    for (const path of ['thing/a', 'thing/a/', '/thing/a', '/thing//a/']) {
      const answer = await fetch(url(path), { redirect: 'manual' });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('says that it lives and that it is ready', async () => {
    const live = await fetch(url('health/live'));
    const ready = await fetch(url('health/ready'));
    expect(await live.json()).toEqual({ status: 'up' });
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'up', checks: {} }]);
    expect(ready.headers.get('cache-control')).toBe('no-store');
  });

  it.each([
    ['an unknown address', 404, () => fetch(url('nothing?access_token=s3cret'))],
    ['a missing thing', 404, () => fetch(url('thing/missing'))],
    ['a method the address does not have', 405, () => fetch(url('thing/a'), { method: 'PUT' })],
    ['a preflight', 405, () => fetch(url('thing'), { method: 'OPTIONS' })],
    ['a path that cannot be decoded', 400, () => fetch(url('thing/%zz'))],
    ['a body that is no JSON', 400, () => post('{', 'application/json')],
    ['an empty JSON body', 400, () => post('', 'application/json')],
    ['a duplicate member', 400, () => post('{"a":1,"a":2}', 'application/json')],
    ['a poisoned prototype', 400, () => post('{"__proto__":{}}', 'application/json')],
    ['bytes that are no UTF-8', 400, () => post(Buffer.from([34, 255, 34]), 'application/json')],
    ['a large body', 413, () => post(JSON.stringify('a'.repeat(70_000)), 'application/json')],
    ['a form', 415, () => post('a=b', 'application/x-www-form-urlencoded')],
    ['plain text', 415, () => post('a', 'text/plain')],
    ['another charset', 415, () => post('{}', 'application/json; charset=utf-16')],
    ['a coded body', 415, () => post('{}', 'application/json', { 'content-encoding': 'gzip' })],
  ])('answers %s with %i and a problem', async (_what, status, request) => {
    const answer = await request();
    const body = await answer.text();
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(JSON.parse(body)).toMatchObject({
      type: 'about:blank',
      status,
      title: expect.any(String),
    });
    expect(body).not.toMatch(/s3cret|cannot get|stack|fastify/i);
  });

  it('names the methods an address has', async () => {
    const answer = await fetch(url('thing/a'), { method: 'DELETE' });
    expect(answer.headers.get('allow')).toBe('GET, HEAD');
  });

  it('keeps the words of the app, its codes and when to come back', async () => {
    const missing = await fetch(url('thing/missing'));
    expect(await missing.json()).toMatchObject({ detail: 'No such thing' });
    const busy = await fetch(url('thing/busy'));
    expect(busy.headers.get('retry-after')).toBe('7');
    expect(await busy.json()).toMatchObject({ status: 503, code: 'CENSUS_DOWN' });
  });

  it('says nothing of a fault but an incident id, under which the log has it', async () => {
    const answer = await fetch(url('thing/broken'));
    const body = (await answer.json()) as { incident: string };
    expect(answer.status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('secrets');
    const line = JSON.parse(lines.find((text) => text.includes(body.incident))!);
    expect(line).toMatchObject({ level: 'error', route: '/thing/:id', err: { type: 'Error' } });
  });

  it('lets a filter for a more specific exception answer', async () => {
    const answer = await fetch(url('thing/teapot'));
    expect([answer.status, await answer.json()]).toEqual([418, { from: 'own filter' }]);
  });

  it('gives the failures of some paths another shape', async () => {
    const answer = await fetch(url('special/thing'));
    expect([answer.status, await answer.json()]).toEqual([404, { special: 404 }]);
  });

  it.each([
    [
      'header fields that are too large',
      431,
      `GET / HTTP/1.1\r\nHost: a\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`,
    ],
    ['no HTTP', 400, 'HELLO\r\n\r\n'],
    ['a space before the colon', 400, 'GET / HTTP/1.1\r\nHost : a\r\n\r\n'],
    ['a folded header', 400, 'GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n'],
    [
      'length and chunks at once',
      400,
      'POST /thing HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
  ])('answers %s with %i and a problem', async (_what, status, text) => {
    const answer = await rawRequest(running.url, text);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('application/problem+json');
  });

  it('sees every header field, however many there are', async () => {
    const fields = Array.from({ length: 2500 }, () => 'a:b\r\n').join('');
    const answer = await rawRequest(
      running.url,
      `GET /thing/fields HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: 1\r\n${fields}X: 2\r\n\r\n`,
    );
    expect(answer).toMatch(/\{"x":\["1","2"\]\}$/);
  });

  it('takes a caller who hangs up for what it is, not for a fault', async () => {
    const { hostname, port } = new URL(running.url);
    const arrived = once(running.app.getHttpServer(), 'connection');
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    const [atServer] = (await arrived) as [Socket];
    socket.write(
      'POST /thing HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    );
    await once(running.app.getHttpServer(), 'request');
    socket.destroy();
    await once(atServer, 'close');
    await fetch(url('health/live'));
    expect(lines).toEqual([]);
  });

  it('reads the next good request after all of that', async () => {
    const answer = await post('{"a":[1]}', 'application/json; charset=UTF-8');
    expect([answer.status, await answer.json()]).toEqual([201, { got: { a: [1] } }]);
  });

  it('refuses a port that is taken', async () => {
    const taken = { ...config, PORT: Number(new URL(running.url).port) };
    const second = startApp({
      name: 'second',
      config: taken,
      module: () => ThingModule,
      log: { write: () => undefined },
    });
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('answers what is in flight before it closes, and closes the rest after', async () => {
    const other = await start();
    events.splice(0);
    const slow = fetch(`${other.url}thing/slow/answer`);
    await until(() => events.includes('slow started'));
    const closed = other.close();
    expect(events).toEqual(['slow started']);
    release();
    const answer = await slow;
    await closed;
    expect([answer.status, await answer.json()]).toEqual([200, { done: true }]);
    expect(events).toEqual(['slow started', 'closed']);
    await expect(fetch(other.url)).rejects.toThrow();
  });

  it('is not ready before it drains, and still answers then', async () => {
    const other = await start();
    const closed = other.close(0.2);
    const ready = await fetch(`${other.url}health/ready`);
    expect(ready.status).toBe(503);
    const live = await fetch(`${other.url}health/live`);
    expect([live.status, live.headers.get('connection')]).toEqual([200, 'close']);
    await closed;
    await expect(fetch(other.url)).rejects.toThrow();
  });

  it('does not wait for a connection on which nothing was ever said', async () => {
    const other = await start();
    const silent = connect(Number(new URL(other.url).port), '127.0.0.1');
    await once(silent, 'connect');
    // Whatever the server still drains for is cut after 10 s, twice the time of a test.
    await other.close();
    expect((await once(silent, 'close'))[0]).toBe(false);
  });

  it('logs one line when it listens', async () => {
    const other = await start();
    await other.close();
    const line = lines.map((text) => JSON.parse(text)).find(({ msg }) => msg === 'listening');
    expect(line).toMatchObject({ name: 'things', level: 'info', url: other.url });
  });
});
