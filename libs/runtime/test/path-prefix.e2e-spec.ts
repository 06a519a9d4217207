import 'reflect-metadata';
import { Controller, Get, Module, Query } from '@nestjs/common';

import { baseConfig, listenOn, readConfig, startApp, type RunningApp } from '../src/index.js';

@Controller()
class ThingController {
  @Get('.well-known/thing')
  about(): object {
    return { about: true };
  }

  @Get('thing')
  thing(@Query('a') a: string): object {
    return { a };
  }
}

@Module({ controllers: [ThingController] })
class ThingModule {}

describe('an app known under a path', () => {
  let running: RunningApp;
  beforeAll(async () => {
    running = await startApp({
      name: 'things',
      config: readConfig(baseConfig.extend(listenOn(0)), {
        PUBLIC_URL: 'https://example.com/auth/',
      }),
      module: () => ThingModule,
      log: { write: () => undefined },
    });
  });
  afterAll(() => running.close());

  const ask = (path: string, init?: RequestInit) => fetch(`${running.url}${path}`, init);

  it.each([
    ['thing?a=/auth/', { a: '/auth/' }],
    ['auth/thing?a=1', { a: '1' }],
    ['.well-known/thing', { about: true }],
    ['.well-known/thing/auth', { about: true }],
    ['auth/.well-known/thing', { about: true }],
  ])('answers /%s, whatever the proxy does', async (path, body) => {
    const answer = await ask(path, { redirect: 'manual' });
    expect([answer.status, await answer.json()]).toEqual([200, body]);
  });

  it.each([
    'other/thing',
    'authority/thing',
    '%61uth/thing',
    'AUTH/thing',
    'auth/auth/thing',
    '.well-known/thing/other',
    '.well-known/thing/auth/x',
  ])('does not know /%s', async (path) => {
    expect((await ask(path)).status).toBe(404);
  });

  it('refuses other methods there as everywhere', async () => {
    const answer = await ask('auth/thing', { method: 'DELETE' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});
