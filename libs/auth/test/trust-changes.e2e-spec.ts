import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Controller, Get, Module, type Type } from '@nestjs/common';
import 'reflect-metadata';
import {
  aToken,
  createTestIssuer,
  startIntrospection,
  until,
  type TestIntrospection,
} from '@countersign/testing';
import {
  clientSecretBasic,
  introspectionServer,
  trustFile,
  type TrustEntry,
  type TrustSource,
} from '@countersign/token';

import { Audience, Callers, CountersignModule, Scopes } from '../src/index.js';
import { adapters, run, type Running } from './adapters.js';

const CENSUS = 'https://census.example/';

@Controller()
class AnyController {
  @Get()
  @Audience('census')
  @Scopes('users:read')
  @Callers('herald', 'asked')
  read(): string {
    return 'read';
  }
}

function appModule(trust: readonly (TrustEntry | TrustSource)[] | TrustSource): Type {
  @Module({
    imports: [
      CountersignModule.forRoot({ service: 'census', audiences: { census: CENSUS }, trust }),
    ],
    controllers: [AnyController],
  })
  class App {}
  return App;
}

describe.each(adapters)('trust that changes, on %s', (_, makeAdapter) => {
  const herald = createTestIssuer({ kind: 'service-peer', name: 'herald' });
  let folder: string;
  let path: string;
  let server: TestIntrospection;
  let running: Running | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trust-'));
    path = join(folder, 'trust.json');
    server = await startIntrospection();
  });

  afterEach(async () => {
    await running?.app.close();
    running = undefined;
    await server.close();
    await rm(folder, { recursive: true });
  });

  const peer = {
    kind: 'servicePeer',
    name: 'herald',
    issuer: herald.issuer,
    jwks: herald.jwks().keys,
    mayAssert: ['users:read'],
  };
  const lines = () => (running as Running).trust;
  const call = async (token: string) => {
    const answer = await fetch((running as Running).url, {
      headers: { authorization: `Bearer ${token}` },
    });
    const body = (await answer.text()).replace(/^\{.*"code":"(\w+)".*\}$/, '$1');
    return `${answer.status} ${body}`;
  };
  const tokenOfHerald = () => aToken().from(herald).to(CENSUS).scopes('users:read').sign();

  it('follows a file: who leaves it is nobody, whatever was remembered', async () => {
    await writeFile(path, JSON.stringify({ trust: [peer] }));
    running = await run(appModule(trustFile(path, { every: '20ms' })), makeAdapter());
    const token = tokenOfHerald();
    expect(await call(token)).toBe('200 read');
    expect(await call(token)).toBe('200 read');
    await writeFile(path, '{"trust": [');
    await until(() => lines().some(({ event }) => event === 'trust.failed'));
    expect(await call(token)).toBe('200 read');
    const another = { ...peer, name: 'shop', issuer: 'https://shop.example/' };
    await writeFile(path, JSON.stringify({ trust: [another] }));
    await until(async () => (await call(token)) === '401 ISSUER_UNTRUSTED');
    expect(lines()).toContainEqual(
      expect.objectContaining({ event: 'trust.replaced', removed: ['herald'] }),
    );
    expect(lines().filter(({ event }) => event === 'trust.failed')).toHaveLength(1);
  });

  it('does not start with a file that is wrong', async () => {
    await writeFile(path, '{"trust": [{}]}');
    await expect(run(appModule([trustFile(path)]), makeAdapter())).rejects.toThrow(
      'trust: trust[0]: kind must be one of',
    );
  });

  it('knows the callers of a server that it asks, and says what was relaxed', async () => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { sub: 'a', client_id: 'a', aud: CENSUS, exp: now + 60 };
    server.tokens.set('reads', { ...claims, scope: 'users:read' });
    server.tokens.set('lacks-scope', claims);
    const entry = introspectionServer('legacy', {
      issuer: server.issuer,
      endpoint: server.endpoint,
      client: clientSecretBasic('census', 'sesame'),
      callers: { a: 'asked' },
      mayAssert: ['users:read'],
      relaxations: ['act-missing'],
    });
    running = await run(appModule([entry]), makeAdapter());
    expect(await call('reads')).toBe('200 read');
    expect(await call('reads')).toBe('200 read');
    expect(server.questions).toHaveLength(1);
    expect(await call('lacks-scope')).toBe('403 SCOPE_MISSING');
    expect(await call('unknown')).toBe('401 TOKEN_INACTIVE');
    server.mode = 'status-500';
    server.tokens.set('new', claims);
    expect(await call('new')).toBe('503 INTROSPECTION_UNAVAILABLE');
    expect(await call('reads')).toBe('200 read');
    expect(lines()).toContainEqual({
      event: 'trust.relaxed',
      issuer: 'legacy',
      relaxations: ['act-missing'],
    });
    const { decisions } = running;
    expect(decisions).toContainEqual(
      expect.objectContaining({ code: 'SCOPE_MISSING', relaxed: ['act-missing'] }),
    );
    expect(JSON.stringify([lines(), decisions])).not.toMatch(/sesame|lacks-scope/);
  });

  it('answers 503 while nobody can tell who is trusted', async () => {
    let isUp = false;
    const source: TrustSource = {
      location: 'the test',
      every: 0.02,
      maxAge: 60,
      isRequired: false,
      load: async () => {
        if (!isUp) throw new Error('it is down');
        return [herald.trustEntry({ mayAssert: ['users:read'] })];
      },
    };
    running = await run(appModule([source]), makeAdapter());
    const token = tokenOfHerald();
    expect(await call(token)).toBe('503 TRUST_UNAVAILABLE');
    isUp = true;
    await until(async () => (await call(token)) === '200 read');
  });
});
