import 'reflect-metadata';
import { Controller, Module, Post, type DynamicModule } from '@nestjs/common';
import { Audience, Authenticated, CountersignModule, SingleUse } from '@countersign/auth';
import { openDatabase, type Database } from '@countersign/storage';
import { testEngines, type TestDatabases } from '@countersign/test-postgres';
import { aToken, createTestIssuer } from '@countersign/testing';
import type { ReplayStore } from '@countersign/token';

import {
  baseConfig,
  databaseReplay,
  listenOn,
  readConfig,
  replayMigrations,
  startApp,
  type RunningApp,
} from '../src/index.js';

const THINGS = 'https://things.example/';
const peer = createTestIssuer({ kind: 'service-peer' });
let handled = 0;

@Controller()
class ThingsController {
  @Post('things')
  @Audience('things')
  @Authenticated()
  @SingleUse()
  create(): object {
    handled += 1;
    return {};
  }
}

@Module({})
class ThingsModule {
  static with(replay: ReplayStore): DynamicModule {
    return {
      module: ThingsModule,
      imports: [
        CountersignModule.forRoot({
          service: 'things',
          audiences: { things: THINGS },
          trust: [peer.trustEntry()],
          replay,
        }),
      ],
      controllers: [ThingsController],
    };
  }
}

const startReplica = (database: Database): Promise<RunningApp> =>
  startApp({
    name: 'things',
    config: readConfig(baseConfig.extend(listenOn(0)), {}),
    module: () => ThingsModule.with(databaseReplay(database)),
    log: { write: () => undefined },
  });

describe.each(testEngines)('single use over replicas on $engine', ({ engine, start }) => {
  let databases: TestDatabases;
  let stores: readonly [Database, Database];
  let replicas: readonly [RunningApp, RunningApp];

  beforeAll(async () => {
    databases = await start();
    const url = await databases.url('single_use');
    const open = () => openDatabase({ url, migrations: [replayMigrations] });
    const one = await open();
    // A PGlite in memory has no second connection.
    stores = [one, engine === 'PGlite' ? one : await open()];
    replicas = [await startReplica(stores[0]), await startReplica(stores[1])];
  }, 60_000);
  afterAll(async () => {
    for (const replica of replicas) await replica.close();
    for (const store of new Set(stores)) await store.close();
    await databases.stop();
  });
  beforeEach(() => {
    handled = 0;
  });

  const token = () => aToken().from(peer).to(THINGS);

  /** Uses a token at a replica; answers the code that refuses it, or that it was let in. */
  async function use({ url }: RunningApp, jwt: string): Promise<string> {
    const headers = { authorization: `Bearer ${jwt}` };
    const response = await fetch(`${url}things`, { method: 'POST', headers });
    const { code = 'let in' } = (await response.json()) as { code?: string };
    return `${response.status} ${code}`;
  }

  it('lets a token in at one replica, and then at none', async () => {
    const jwt = token().sign();
    expect(await use(replicas[0], jwt)).toBe('201 let in');
    expect(await use(replicas[1], jwt)).toBe('401 TOKEN_REPLAYED');
    expect(await use(replicas[0], jwt)).toBe('401 TOKEN_REPLAYED');
    expect(handled).toBe(1);
  });

  it('lets one of many at once in, whatever replica they reach', async () => {
    const jwt = token().sign();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => use(replicas[(at % 2) as 0 | 1], jwt)),
    );
    expect(answers.filter((answer) => answer === '201 let in')).toHaveLength(1);
    expect(answers.filter((answer) => answer === '401 TOKEN_REPLAYED')).toHaveLength(19);
    expect(handled).toBe(1);
  });

  it('lets nobody in while the database cannot tell, and uses nothing up', async () => {
    const jwt = token().sign();
    await stores[0].execute('alter table used_tokens rename to used_tokens_away');
    expect(await use(replicas[1], jwt)).toBe('503 REPLAY_STORE_UNAVAILABLE');
    expect(handled).toBe(0);
    await stores[0].execute('alter table used_tokens_away rename to used_tokens');
    expect(await use(replicas[1], jwt)).toBe('201 let in');
  });
});
