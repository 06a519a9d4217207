import { Controller, Get, Module, type Type } from '@nestjs/common';
import 'reflect-metadata';
import {
  aToken,
  createTestIssuer,
  testClock,
  type TestClock,
  type TestIssuer,
} from '@countersign/testing';
import type { TrustEntry } from '@countersign/token';

import {
  Audience,
  Authenticated,
  CountersignGuard,
  CountersignModule,
  JwksStrategy,
  Scopes,
  type CountersignOptions,
} from '../src/index.js';
import { adapters, run, type Running } from './adapters.js';

const CENSUS = 'https://census.example/';

@Controller()
class AnyController {
  @Get('read')
  @Audience('census')
  @Scopes('users:read')
  read(): string {
    return 'read';
  }

  @Get('write')
  @Audience('census')
  @Scopes('users:write')
  write(): string {
    return 'write';
  }

  @Get('admin')
  @Audience('admin')
  @Authenticated()
  admin(): string {
    return 'admin';
  }
}

function appModule(
  trust: readonly TrustEntry[],
  clock: TestClock,
  tokenCache: CountersignOptions['tokenCache'],
): Type {
  @Module({
    imports: [
      CountersignModule.forRoot({
        service: 'census',
        audiences: { census: CENSUS, admin: `${CENSUS}admin` },
        trust,
        clock,
        ...(tokenCache && { tokenCache }),
      }),
    ],
    controllers: [AnyController],
  })
  class App {}
  return App;
}

describe.each(adapters)('tokens that are presented again, on %s', (_, makeAdapter) => {
  let clock: TestClock;
  let issuer: TestIssuer;
  let running: Running;
  let verified: number;
  const closing: (() => Promise<unknown>)[] = [];

  async function start(tokenCache?: CountersignOptions['tokenCache']): Promise<void> {
    clock = testClock();
    issuer = createTestIssuer({ clock });
    const served = await issuer.serve();
    running = await run(
      appModule([issuer.servedTrustEntry({ revocation: 'off' })], clock, tokenCache),
      makeAdapter(),
    );
    closing.push(() => running.app.close(), served.close);
    count(running.app.get(JwksStrategy, { strict: false }));
  }
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  /** Counts the runs of the real strategy. */
  function count(strategy: JwksStrategy): void {
    verified = 0;
    const authenticate = strategy.authenticate;
    strategy.authenticate = function (this: JwksStrategy, request, options) {
      verified += 1;
      authenticate.call(this, request, options);
    };
  }

  const token = () => aToken().from(issuer).to(CENSUS).scopes('users:read');

  async function call(jwt: string, path = 'read', header = 'authorization'): Promise<unknown> {
    const headers = { [header]: header === 'authorization' ? `Bearer ${jwt}` : jwt };
    const response = await fetch(`${running.url}/${path}`, { headers });
    const text = await response.text();
    return response.status === 200 ? text : (JSON.parse(text) as { code: unknown }).code;
  }

  it('are verified by the strategy once', async () => {
    await start();
    const jwt = token().sign();
    for (let n = 0; n < 3; n++) expect(await call(jwt)).toBe('read');
    expect(verified).toBe(1);
  });

  it('are verified every time where nothing is remembered', async () => {
    await start('off');
    const jwt = token().sign();
    for (let n = 0; n < 3; n++) expect(await call(jwt)).toBe('read');
    expect(verified).toBe(3);
  });

  it('are let in at once, without a promise', async () => {
    await start();
    const { canActivate } = CountersignGuard.prototype;
    const answers: unknown[] = [];
    CountersignGuard.prototype.canActivate = function (context) {
      const answer = canActivate.call(this, context);
      answers.push(answer);
      return answer;
    };
    closing.push(async () => {
      CountersignGuard.prototype.canActivate = canActivate;
    });
    const jwt = token().sign();
    for (let n = 0; n < 2; n++) await call(jwt);
    expect(answers).toEqual([expect.any(Promise), true]);
  });

  it('give no right that their scopes and audience do not give', async () => {
    await start();
    const jwt = token().sign();
    expect(await call(jwt, 'read')).toBe('read');
    expect(await call(jwt, 'write')).toBe('SCOPE_MISSING');
    expect(await call(jwt, 'admin')).toBe('AUDIENCE_MISMATCH');
    expect(await call(jwt, 'read')).toBe('read');
    expect(verified).toBe(1);
  });

  it('are refused from their end on', async () => {
    await start();
    const jwt = token().lifetime('20s').sign();
    expect(await call(jwt)).toBe('read');
    clock.advance(29);
    expect(await call(jwt)).toBe('read');
    clock.advance(1);
    expect(await call(jwt)).toBe('TOKEN_EXPIRED');
  });

  it('are verified anew after maxAge', async () => {
    await start({ maxAge: '5s' });
    const jwt = token().sign();
    await call(jwt);
    clock.advance(5);
    expect(await call(jwt)).toBe('read');
    expect(verified).toBe(2);
  });

  it('are refused when their key has left the key set of their issuer', async () => {
    await start({ maxAge: '5m' });
    const [old, jwt] = [issuer.key.kid, token().lifetime('1h').sign()];
    expect(await call(jwt)).toBe('read');
    issuer.rotate();
    issuer.retire(old);
    // A token with the new key has the set read again; its end does so as well.
    clock.advance(31);
    expect(await call(token().sign())).toBe('read');
    expect(await call(jwt)).toBe('KEY_UNKNOWN');
  });

  it('are not found under another spelling or in another header', async () => {
    await start();
    const jwt = token().sign();
    expect(await call(jwt)).toBe('read');
    expect(await call(`${jwt}=`)).toBe('TOKEN_MALFORMED');
    expect(await call(jwt.slice(0, -1))).not.toBe('read');
    expect(await call(jwt, 'read', 'jwt')).toBe('TOKEN_MISSING');
  });
});
