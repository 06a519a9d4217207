import { Controller, Get, Module, type Type } from '@nestjs/common';
import 'reflect-metadata';
import {
  aToken,
  createTestIssuer,
  testClock,
  testRevocationFeed,
  until,
  type TestIssuer,
  type TestRevocationFeed,
} from '@countersign/testing';
import type { RevocationOptions } from '@countersign/token';

import { Audience, Authenticated, CountersignModule } from '../src/index.js';
import { adapters, run, type Running } from './adapters.js';

const CENSUS = 'https://census.example/';
const user = `${CENSUS}user/42/`;
const clock = testClock();

let ran = 0;

@Controller()
class AnyController {
  @Get()
  @Audience('census')
  @Authenticated()
  read(): string {
    ran += 1;
    return 'read';
  }
}

function appModule(issuer: TestIssuer, revocation: RevocationOptions | 'off'): Type {
  @Module({
    imports: [
      CountersignModule.forRoot({
        service: 'census',
        audiences: { census: CENSUS },
        trust: [issuer.servedTrustEntry({ revocation, subjects: [`${CENSUS}user/`] })],
        clock,
      }),
    ],
    controllers: [AnyController],
  })
  class App {}
  return App;
}

describe.each(adapters)('revocation on %s', (_, makeAdapter) => {
  let issuer: TestIssuer;
  let feed: TestRevocationFeed;
  let running: Running;
  const closing: (() => Promise<unknown>)[] = [];

  async function start(revocation: RevocationOptions | 'off', mode?: TestRevocationFeed['mode']) {
    issuer = createTestIssuer({ clock });
    feed = testRevocationFeed(issuer);
    if (mode) feed.mode = mode;
    const served = await issuer.serve({ feed });
    running = await run(appModule(issuer, revocation), makeAdapter());
    closing.push(() => running.app.close(), served.close);
  }
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  const token = () => aToken().from(issuer).to(CENSUS);
  const logged = (event: string) =>
    [...running.decisions, ...running.revocations].filter((line) => line['event'] === event);

  async function call(jwt: string): Promise<{ status: number; code?: unknown; retry?: unknown }> {
    ran = 0;
    const headers = { authorization: `Bearer ${jwt}` };
    const response = await fetch(running.url, { headers });
    const text = await response.text();
    if (response.status === 200) return { status: 200 };
    expect(ran).toBe(0);
    const { code } = JSON.parse(text) as { code: string };
    const retry = response.headers.get('retry-after');
    return { status: response.status, code, ...(retry !== null && { retry }) };
  }
  const isKnown = () => until(async () => (await call(token().sign())).status === 200);

  it.each<[string, (exp: number) => Record<string, string | number>]>([
    ['itself', (exp) => ({ kind: 'token', jti: 'revoked', exp })],
    ['its client', (exp) => ({ kind: 'client', client_id: 'shop', before: exp - 299, exp })],
    ['its user', (exp) => ({ kind: 'subject', sub: user, before: exp - 299, exp })],
    ['its key', (exp) => ({ kind: 'key', kid: issuer.key.kid, exp })],
  ])('refuses a token revoked by %s, and no other', async (_name, entry) => {
    await start({ onStale: 'refuse' });
    const revoked = token().caller('shop').onBehalfOf(user).claim('jti', 'revoked').sign();
    await until(async () => (await call(revoked)).status === 200);

    feed.revoke(entry(Math.floor(clock.now()) + 300));
    await until(async () => (await call(revoked)).status !== 200);
    expect(await call(revoked)).toEqual({ status: 401, code: 'TOKEN_REVOKED' });
    const isKey = entry(0)['kind'] === 'key';
    if (isKey) {
      // Still published, and the set is fresh: the entry alone keeps the key out.
      expect((await call(token().sign())).code).toBe('TOKEN_REVOKED');
      issuer.rotate();
      clock.advance(31);
      feed.beat();
    }
    await isKnown();
  });

  it('answers 503 before it has heard anything, and lets nobody in, where it shall refuse', async () => {
    await start({ onStale: 'refuse' }, 'stall');
    const good = token().sign();
    expect(await call(good)).toEqual({ status: 503, code: 'REVOCATION_UNAVAILABLE', retry: '2' });
    expect(logged('access.refused')[0]).toMatchObject({
      code: 'REVOCATION_UNAVAILABLE',
      got: 'never',
    });
  });

  it('believes tokens before it has heard anything where it shall accept, and says so', async () => {
    await start({ onStale: 'accept' }, 'stall');
    expect(logged('revocation.policy')).toMatchObject([{ maxStale: 30, onStale: 'accept' }]);
    for (let n = 0; n < 2; n++) expect(await call(token().sign())).toEqual({ status: 200 });
    expect(logged('revocation.stale')).toMatchObject([
      { age: 'never heard', then: 'revoked tokens may pass' },
    ]);
  });

  it('answers 503 when the feed falls silent, and recovers with it', async () => {
    await start({ onStale: 'refuse', maxStale: '20s' });
    await isKnown();
    const good = token().lifetime('10m').sign();
    clock.advance(20);
    expect((await call(good)).status).toBe(200);
    clock.advance(1);
    expect(await call(good)).toMatchObject({ status: 503, code: 'REVOCATION_UNAVAILABLE' });
    feed.beat();
    await until(async () => (await call(good)).status === 200);
  });

  it('still refuses what it knew to be revoked when the feed falls silent', async () => {
    await start({ onStale: 'accept' });
    await isKnown();
    const exp = Math.floor(clock.now()) + 300;
    feed.revoke({ kind: 'token', jti: 'revoked', exp });
    const revoked = token().claim('jti', 'revoked').sign();
    await until(async () => (await call(revoked)).status === 401);
    clock.advance(60);
    expect((await call(revoked)).code).toBe('TOKEN_REVOKED');
  });

  it('follows nothing when it is switched off', async () => {
    await start('off');
    await isKnown();
    expect(feed.questions).toEqual([]);
  });

  it('ends the following with the application', async () => {
    await start({ onStale: 'refuse' });
    await until(() => feed.streams === 1);
    await running.app.close();
    await until(() => feed.streams === 0);
    expect(feed.questions).toHaveLength(1);
  });
});
