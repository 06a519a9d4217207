import 'reflect-metadata';
import { memoryReplay, type ReplayStore } from '@countersign/token';
import { aToken, createTestIssuer, testClock, type TokenBuilder } from '@countersign/testing';

import { boundModule } from './bound.module.js';
import { CENSUS, ran } from './census.module.js';
import { transports, type Service, type Target } from './transports.js';

const mayAssert = ['users:delete'];
const clock = testClock();
const peer = createTestIssuer({ kind: 'service-peer', clock, trust: { mayAssert } });
const legacy = createTestIssuer({
  kind: 'service-peer',
  name: 'ledger',
  clock,
  trust: { mayAssert, legacy: true },
});
const server = createTestIssuer({ clock });
const trusted = () => [peer, legacy, server].map((issuer) => issuer.trustEntry());
const token = (issuer = peer) => aToken().from(issuer).to(CENSUS).scopes('users:delete');

const once: Target = { method: 'DELETE', path: '/once', pattern: 'once' };
const unbound: Target = { method: 'POST', path: '/unbound', pattern: 'unbound' };

describe.each(transports)('a route for single use over %s', (_, startService) => {
  const started: Service[] = [];

  beforeEach(() => {
    ran.length = 0;
  });
  afterEach(async () => {
    for (const service of started.splice(0)) await service.close();
  });

  async function start(replay: ReplayStore | 'off'): Promise<Service> {
    const options = { replay, publicUrl: CENSUS };
    const service = await startService(boundModule(trusted(), clock, options));
    started.push(service);
    return service;
  }

  /** Sends a token once; answers the code that refuses it, or that it was let in. */
  async function use(service: Service, credentials: TokenBuilder | string, target = once) {
    const jwt = typeof credentials === 'string' ? credentials : credentials.sign();
    const { code = 'let in' } = await service.call(target, { authorization: `Bearer ${jwt}` });
    return code;
  }

  it('lets a token in once, however often it was let in elsewhere', async () => {
    const running = await start(memoryReplay({ clock }));
    const jwt = token().sign();
    const elsewhere = () => use(running, jwt, unbound);
    expect([await elsewhere(), await elsewhere()]).toEqual(['let in', 'let in']);
    expect([await use(running, jwt), await use(running, jwt)]).toEqual([
      'let in',
      'TOKEN_REPLAYED',
    ]);
    expect(await elsewhere()).toBe('let in');
  });

  it('lets one of many at once in', async () => {
    const running = await start(memoryReplay({ clock }));
    const jwt = token().sign();
    const answers = await Promise.all(Array.from({ length: 20 }, () => use(running, jwt)));
    expect(answers.filter((answer) => answer === 'let in')).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'TOKEN_REPLAYED')).toHaveLength(19);
    expect(ran).toEqual(['once']);
  });

  it('knows what was used at another replica, and before a restart, by a store they share', async () => {
    const shared = memoryReplay({ clock });
    const [one, other] = [await start(shared), await start(shared)];
    const jwt = token().sign();
    expect([await use(one, jwt), await use(other, jwt)]).toEqual(['let in', 'TOKEN_REPLAYED']);
    await one.close();
    expect(await use(await start(shared), jwt)).toBe('TOKEN_REPLAYED');
  });

  it('keeps the tokens of two issuers apart', async () => {
    const running = await start(memoryReplay({ clock }));
    const same = (issuer: typeof peer) => token(issuer).claim('jti', 'same');
    expect(await use(running, same(peer))).toBe('let in');
    expect(await use(running, same(legacy))).toBe('let in');
    expect(await use(running, same(server))).toBe('let in');
    expect(await use(running, same(peer).claim('extra', 1))).toBe('TOKEN_REPLAYED');
  });

  it('uses no token up that it refuses for another reason', async () => {
    const asked: string[] = [];
    const running = await start({ use: (_issuer, jti) => asked.push(jti) > 0 });
    const jti = (builder: TokenBuilder) => builder.claim('jti', 'precious');
    expect(await use(running, jti(token().scopes('users:read')))).toBe('SCOPE_MISSING');
    expect(await use(running, jti(token().to('https://other.example/')))).toBe('AUDIENCE_MISMATCH');
    expect(await use(running, jti(token().expired()))).toBe('TOKEN_EXPIRED');
    expect(await use(running, jti(token().signedBy(server.key)))).toBe('SIGNATURE_INVALID');
    expect(asked).toEqual([]);
    expect(await use(running, jti(token()))).toBe('let in');
    expect(asked).toEqual(['precious']);
  });

  it('refuses a token without jti, which only legacy issuers may send at all', async () => {
    const running = await start(memoryReplay({ clock }));
    expect(await use(running, token(legacy).withoutClaim('jti'))).toBe('CLAIM_INVALID');
  });

  it('remembers for as long as the token is accepted', async () => {
    const running = await start(memoryReplay({ clock }));
    const jwt = token().sign();
    expect(await use(running, jwt)).toBe('let in');
    clock.advance('69s');
    expect(await use(running, jwt)).toBe('TOKEN_REPLAYED');
    clock.advance('2s');
    expect(await use(running, jwt)).toBe('TOKEN_EXPIRED');
  });

  it('lets nobody in while the store cannot tell', async () => {
    let isDown = true;
    const store = memoryReplay({ clock, max: 1 });
    const running = await start({
      use: (...args) => (isDown ? Promise.reject(new Error('down')) : store.use(...args)),
    });
    const jwt = token().sign();
    expect(await use(running, jwt)).toBe('REPLAY_STORE_UNAVAILABLE');
    isDown = false;
    expect(await use(running, jwt)).toBe('let in');
    const full = { authorization: `Bearer ${token().sign()}` };
    expect(await running.call(once, full)).toEqual({
      code: 'REPLAY_STORE_UNAVAILABLE',
      retryAfter: 5,
    });
    expect(ran).toEqual(['once']);
  });

  it('lets tokens in again where the options say so', async () => {
    const running = await start('off');
    const jwt = token().sign();
    expect([await use(running, jwt), await use(running, jwt)]).toEqual(['let in', 'let in']);
  });
});
