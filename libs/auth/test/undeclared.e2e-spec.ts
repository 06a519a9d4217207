import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { testClock } from '@countersign/testing';

import {
  Audience,
  Authenticated,
  BootAuditError,
  Caller,
  CountersignModule,
  decisionChannel,
  type BaselineOptions,
  type CountersignOptions,
} from '../src/index.js';
import { adapters, run } from './adapters.js';

const CENSUS = 'https://census.example/';
const OLD = 'OldController.old GET /old';
const OLDER = 'OldController.older GET /old/:id';

@Controller('old')
class OldController {
  @Get()
  old() {
    return 'old';
  }

  @Get(':id')
  older() {
    return 'older';
  }
}

@Controller('new')
@Audience('census')
@Authenticated()
class NewController {
  @Get()
  one() {
    return 'new';
  }
}

@Controller('curious')
class CuriousController {
  @Get()
  one(@Caller() caller: unknown) {
    return caller;
  }
}

@Controller()
class MessagesController {
  @MessagePattern('old.message')
  one() {
    return 'old';
  }
}

describe('handlers without a rule', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-baseline-'));
  let files = 0;
  afterAll(() => rmSync(folder, { recursive: true }));

  const baselineOf = (content: string): string => {
    const file = join(folder, `${++files}.json`);
    writeFileSync(file, content);
    return file;
  };
  const listed = (...entries: string[]): BaselineOptions => ({
    file: baselineOf(JSON.stringify(entries)),
  });
  const reporting = (baseline: BaselineOptions) => ({ undeclared: 'report' as const, baseline });

  function start(
    options: Partial<CountersignOptions>,
    {
      controllers = [OldController, NewController] as never[],
      adapter = new FastifyAdapter(),
    } = {},
  ) {
    @Module({
      imports: [
        CountersignModule.forRoot({
          service: 'census',
          audiences: { census: CENSUS },
          trust: [],
          clock: testClock(),
          ...options,
        }),
      ],
      controllers,
    })
    class MovingModule {}
    return run(MovingModule, adapter);
  }

  async function refusal(...args: Parameters<typeof start>): Promise<Error> {
    const started = await start(...args).catch((error: unknown) => error as Error);
    if (started instanceof Error) return started;
    await started.app.close();
    throw new Error('it started');
  }

  it('stop the boot unless told', async () => {
    const error = await refusal({});
    expect(error).toBeInstanceOf(BootAuditError);
    expect(error.message).not.toContain('baseline');
  });

  it('stop the boot where there is no baseline yet, which is printed', async () => {
    const error = await refusal(reporting({ file: join(folder, 'none.json') }));
    expect(error).toBeInstanceOf(BootAuditError);
    const { firstBaseline = '' } = error as BootAuditError;
    expect(error.message).toContain(firstBaseline);
    expect(JSON.parse(firstBaseline)).toEqual([OLD, OLDER]);
    const started = await start(reporting({ file: baselineOf(firstBaseline) }));
    await started.app.close();
  });

  describe.each(adapters)('of a baseline, on %s,', (_, adapter) => {
    it('are let through and reported, at the boot and for every call; others are refused', async () => {
      const { app, url, decisions, undeclared, table } = await start(
        reporting({ file: pathToFileURL(listed(OLD, OLDER).file as string) }),
        { adapter: adapter() as FastifyAdapter },
      );
      const told: unknown[] = [];
      const listen = (message: unknown) => told.push(message);
      decisionChannel.subscribe(listen);
      try {
        expect(undeclared).toEqual([
          {
            event: 'undeclared.report',
            handlers: 2,
            then: 'they are open to everybody, and every call to them is reported',
          },
        ]);
        expect(table.join()).toMatch(/OldController\.old\s+GET \/old\n/);
        expect((await fetch(`${url}/old`)).status).toBe(200);
        expect((await fetch(`${url}/old/42?secret=1`)).status).toBe(200);
        expect((await fetch(`${url}/new`)).status).toBe(401);
        expect(decisions).toMatchObject([
          {
            event: 'access.undeclared',
            service: 'census',
            method: 'GET',
            path: '/old',
            handler: 'OldController.old',
          },
          { event: 'access.undeclared', path: '/old/42' },
          { event: 'access.refused', path: '/new' },
        ]);
        expect(told).toMatchObject([
          { service: 'census', undeclared: true },
          { service: 'census', undeclared: true },
          { service: 'census', code: 'TOKEN_MISSING' },
        ]);
      } finally {
        decisionChannel.unsubscribe(listen);
        await app.close();
      }
    });
  });

  it('cannot fill the log: a flood of calls is counted instead', async () => {
    const { app, url, decisions } = await start(reporting(listed(OLD, OLDER)));
    try {
      for (let batch = 0; batch < 11; batch += 1)
        await Promise.all(Array.from({ length: 100 }, () => fetch(`${url}/old`)));
      expect(decisions).toHaveLength(1_000);
    } finally {
      await app.close();
    }
  }, 60_000);

  it.each<[string, () => Partial<CountersignOptions>, RegExp]>([
    [
      'stop the boot where the baseline does not list them',
      () => reporting(listed(OLD)),
      /OldController\.older\s+GET \/old\/:id\s+declares no rule, and is not in the baseline, which may only shrink/,
    ],
    [
      'that are declared now stop the boot where the baseline is strict',
      () => reporting({ ...listed(OLD, OLDER, 'NewController.one GET /new'), strict: true }),
      /NewController\.one\s+GET \/new\s+is in the baseline, but has a rule now, or is gone: take it out/,
    ],
  ])('%s', async (_, options, message) => {
    const error = await refusal(options());
    expect(error).toBeInstanceOf(BootAuditError);
    expect(error.message).toMatch(message);
    expect((error as BootAuditError).findings).toHaveLength(1);
  });

  it('that are declared now are told, to be taken out of the baseline', async () => {
    const gone = 'GoneController.one GET /gone';
    const { app, undeclared } = await start(reporting(listed(OLD, OLDER, gone)));
    await app.close();
    expect(undeclared).toMatchObject([
      { handlers: 2 },
      { event: 'undeclared.stale', entries: [gone] },
    ]);
  });

  it('stop the boot where they ask who is calling, listed or not', async () => {
    const error = await refusal(reporting(listed('CuriousController.one GET /curious')), {
      controllers: [CuriousController] as never[],
    });
    expect(error.message).toMatch(/CuriousController\.one\s+GET \/curious\s+declares no rule/);
  });

  it('may be handlers of messages', async () => {
    const controllers = { controllers: [MessagesController] as never[] };
    const options = reporting(listed('MessagesController.one message ["old.message"]'));
    await (await start(options, controllers)).app.close();
  });

  describe('in production', () => {
    const { NODE_ENV } = process.env;
    beforeEach(() => {
      process.env['NODE_ENV'] = 'production';
    });
    afterEach(() => {
      process.env['NODE_ENV'] = NODE_ENV;
    });

    it('stop the boot, whatever the baseline lists', async () => {
      expect(await refusal(reporting(listed(OLD, OLDER)))).toMatchObject({
        name: 'TypeError',
        message: expect.stringContaining("'report-in-production' says that it is meant"),
      });
    });

    it('are let through where the options say that this is meant', async () => {
      const options = { undeclared: 'report-in-production', baseline: listed(OLD, OLDER) } as const;
      const { app, undeclared } = await start(options);
      await app.close();
      expect(undeclared).toMatchObject([{ event: 'undeclared.report', handlers: 2 }]);
    });
  });

  it.each<[string, string, Partial<CountersignOptions>]>([
    ['without a baseline', 'baseline.file must name the file', { undeclared: 'report' }],
    ['for no word', 'undeclared must be', { undeclared: 'ignore' as never }],
    ['for a baseline alone', "baseline must go with undeclared: 'report'", { baseline: listed() }],
    [
      'for a misspelt member',
      'strickt is not an option',
      { undeclared: 'report', baseline: { ...listed(), strickt: true } as never },
    ],
    ['for a file that is no JSON', 'must hold JSON', reporting({ file: baselineOf('[') })],
    ['for no list', 'hold a JSON list', reporting({ file: baselineOf('{}') })],
    ['for no list of texts', 'hold a JSON list', reporting({ file: baselineOf('[1]') })],
    ['for a list that repeats', 'each once', reporting({ file: baselineOf('["a","a"]') })],
    ['for a large file', 'at most 1 MiB', reporting({ file: baselineOf(' '.repeat(1_048_577)) })],
    ['for a folder', 'cannot be read: EISDIR', reporting({ file: folder })],
  ])('stop the boot %s', async (_, message, options) => {
    expect(await refusal(options)).toMatchObject({
      name: 'TypeError',
      message: expect.stringContaining(message),
    });
  });
});
