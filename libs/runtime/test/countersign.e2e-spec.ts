import 'reflect-metadata';
import { Controller, Get, Module, type DynamicModule } from '@nestjs/common';
import { Audience, Authenticated, CountersignModule } from '@countersign/auth';

import { baseConfig, listenOn, readConfig, startApp, type RunningApp } from '../src/index.js';

@Controller()
class GuardedController {
  @Get('guarded')
  @Audience('things')
  @Authenticated()
  guarded(): object {
    return { reached: true };
  }
}

@Controller()
class OpenController {
  @Get('undeclared')
  undeclared(): object {
    return { reached: true };
  }
}

@Module({})
class GuardedModule {
  static with(controllers: NonNullable<DynamicModule['controllers']>): DynamicModule {
    return {
      module: GuardedModule,
      imports: [
        CountersignModule.forRoot({
          service: 'things',
          audiences: { things: 'https://things.example/' },
          trust: [],
        }),
      ],
      controllers,
    };
  }
}

const lines: string[] = [];
const start = (module: DynamicModule) =>
  startApp({
    name: 'things',
    config: readConfig(baseConfig.extend(listenOn(0)), {}),
    module: () => module,
    log: { write: (line) => void lines.push(line) },
  });

describe('startApp with CountersignModule', () => {
  let running: RunningApp;
  beforeAll(async () => {
    running = await start(GuardedModule.with([GuardedController]));
  });
  afterAll(() => running.close());

  it('leaves refusals of the guard to its own filter', async () => {
    const answer = await fetch(`${running.url}guarded`);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="things"');
    expect(await answer.json()).toMatchObject({
      code: 'TOKEN_MISSING',
      decision: expect.any(String),
    });
    expect(lines.some((line) => line.includes('"code":"TOKEN_MISSING"'))).toBe(true);
  });

  it('answers an unknown address with 404, although the guard asks for a token elsewhere', async () => {
    const answer = await fetch(`${running.url}nothing`);
    expect(answer.status).toBe(404);
  });

  it('keeps the probes open', async () => {
    expect((await fetch(`${running.url}health/ready`)).status).toBe(200);
  });

  it('does not start with a route that declares nothing', async () => {
    await expect(start(GuardedModule.with([OpenController]))).rejects.toThrow(
      'OpenController.undeclared',
    );
  });
});
