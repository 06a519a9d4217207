import 'reflect-metadata';
import { Controller, Get, Module, NotFoundException, Post, type Type } from '@nestjs/common';
import { Audience, Authenticated, CountersignModule, Public } from '@countersign/auth';
import type { FastifyReply, FastifyRequest } from 'fastify';

import {
  baseConfig,
  DirectRoute,
  listenOn,
  readConfig,
  startApp,
  type RunningApp,
} from '../src/index.js';

const reason = 'a test asks here, and nobody else';

@Controller('open')
class OpenController {
  private readonly name = 'of its instance';

  @Post()
  @Public({ reason })
  @DirectRoute()
  async answer(request: FastifyRequest, reply: FastifyReply): Promise<object> {
    if (request.url.endsWith('?missing')) throw new NotFoundException();
    void reply.header('x-own', 'yes');
    return { body: request.body, state: this.name };
  }
}

@Controller()
class GuardedController {
  @Get('guarded')
  @Audience('things')
  @Authenticated()
  @DirectRoute()
  async guarded(): Promise<object> {
    return { reached: true };
  }
}

@Controller()
class UndeclaredController {
  @Get('undeclared')
  @DirectRoute()
  async undeclared(): Promise<object> {
    return { reached: true };
  }
}

function start(controller: Type): Promise<RunningApp> {
  const audiences = { things: 'https://things.example/' };
  class TestModule {}
  Module({
    imports: [CountersignModule.forRoot({ service: 'things', audiences, trust: [] })],
    controllers: [controller],
  })(TestModule);
  const config = readConfig(baseConfig.extend(listenOn(0)), { LOG_LEVEL: 'silent' });
  return startApp({ name: 'things', config, module: () => TestModule });
}

describe('a direct route', () => {
  let running: RunningApp;
  beforeAll(async () => (running = await start(OpenController)));
  afterAll(() => running.close());
  const post = (path: string) =>
    fetch(new URL(path, running.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"a":1}',
    });

  it('answers by its controller, with the body parsed and the headers of every answer', async () => {
    const answer = await post('open');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ body: { a: 1 }, state: 'of its instance' });
    expect(answer.headers.get('x-own')).toBe('yes');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('leaves failures to the filters of the app, and other methods refused', async () => {
    const missing = await post('open?missing');
    expect(missing.status).toBe(404);
    expect(missing.headers.get('content-type')).toBe('application/problem+json');
    const other = await fetch(new URL('open', running.url));
    expect([other.status, other.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

describe('an app', () => {
  it.each([
    ['is guarded: no guard would run', GuardedController, 'GuardedController.guarded'],
    ['has no rule', UndeclaredController, 'UndeclaredController.undeclared'],
  ])('does not start with a direct route that %s', async (_what, controller, name) => {
    await expect(start(controller)).rejects.toThrow(`${name}: a direct route has to be @Public`);
  });
});
