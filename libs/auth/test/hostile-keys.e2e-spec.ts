import 'reflect-metadata';
import { Controller, Get, Module, type Type } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { servicePeer } from '@countersign/token';
import {
  aToken,
  createTestIssuer,
  createTestKey,
  startHostileJwks,
  testClock,
  unusableJwksModes,
  usableJwksModes,
  type HostileJwks,
  type TestClock,
} from '@countersign/testing';

import { Audience, Authenticated, CountersignModule } from '../src/index.js';
import { CENSUS } from './census.module.js';
import { transports, type Service, type Target } from './transports.js';

const ran: string[] = [];

@Controller('user')
@Audience('census')
@Authenticated()
class Users {
  @Get('any')
  @MessagePattern('user.any')
  any() {
    ran.push('any');
  }
}

const target: Target = { path: '/user/any', pattern: 'user.any' };

// Of adapters of HTTP one is enough: a key server sees neither.
const seenFrom = transports.filter(([name]) => name !== 'Express');

describe.each(seenFrom)('key servers that misbehave, seen over %s', (_, start) => {
  let hostile: HostileJwks;
  let clock: TestClock;
  let service: Service;

  beforeAll(async () => {
    hostile = await startHostileJwks();
  });
  afterAll(() => hostile.close());

  beforeEach(async () => {
    ran.length = 0;
    hostile.mode = 'good';
    clock = testClock();
    service = await start(module());
  });
  afterEach(() => service.close());

  /** Nothing is remembered of tokens: each call asks for its key. */
  function module(): Type {
    @Module({
      imports: [
        CountersignModule.forRoot({
          service: 'census',
          audiences: { census: CENSUS },
          trust: [
            servicePeer('herald', { issuer: 'https://herald.example/', jwks: hostile.jwksUri }),
          ],
          clock,
          tokenCache: 'off',
          keys: { timeout: '400ms' },
        }),
      ],
      controllers: [Users],
    })
    class UsersModule {}
    return UsersModule;
  }

  const call = (key = hostile.key) => {
    const herald = createTestIssuer({ kind: 'service-peer', clock });
    const jwt = aToken().from(herald).to(CENSUS).signedBy(key).sign();
    return service.call(target, { authorization: `Bearer ${jwt}` });
  };

  it.each(usableJwksModes)('let callers in by an answer that is %s', async (mode) => {
    hostile.mode = mode;
    expect(await call()).toEqual({});
  });

  it.each(unusableJwksModes)('leave open who calls while their answer is %s', async (mode) => {
    hostile.mode = mode;
    expect(await call()).toEqual({ code: 'KEYS_UNAVAILABLE', retryAfter: 1 });
    expect(ran).toEqual([]);
    hostile.mode = 'good';
    clock.advance('1s');
    expect(await call()).toEqual({});
  });

  it.each(unusableJwksModes)('keep nobody out who was known before they were %s', async (mode) => {
    await call();
    hostile.mode = mode;
    clock.advance('5m');
    expect(await call()).toEqual({});
    expect(await call(createTestKey('ES256', 'other'))).toMatchObject({ code: 'KEYS_UNAVAILABLE' });
    expect(await call()).toEqual({});
  });

  it('are asked in vain for keys that nobody publishes', async () => {
    await call();
    clock.advance('31s');
    const before = hostile.hits();
    const kids = Array.from({ length: 100 }, (__, at) => createTestKey('ES256', `made-up-${at}`));
    const answers = await Promise.all(kids.map((key) => call(key)));
    expect(new Set(answers.map(({ code }) => code))).toEqual(new Set(['KEY_UNKNOWN']));
    expect(hostile.hits() - before).toBe(1);
    expect(await call()).toEqual({});
  });
});
