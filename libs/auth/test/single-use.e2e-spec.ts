import 'reflect-metadata';
import { memoryReplay, type ReplayStore } from '@countersign/token';
import { aToken, createTestIssuer, testClock, type TokenBuilder } from '@countersign/testing';

import { adapters, run, type Running } from './adapters.js';
import { boundModule } from './bound.module.js';
import { CENSUS, ran } from './census.module.js';

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

describe.each(adapters)('a route for single use on %s', (_, makeAdapter) => {
  const started: Running[] = [];

  beforeEach(() => {
    ran.length = 0;
  });
  afterEach(async () => {
    for (const { app } of started.splice(0)) await app.close();
  });

  async function start(replay: ReplayStore | 'off'): Promise<Running> {
    const options = { replay, publicUrl: CENSUS };
    const module = boundModule(trusted(), clock, options);
    const running = await run(module, makeAdapter(), { rawBody: true });
    started.push(running);
    return running;
  }

  /** Sends a token once; answers the code that refuses it, or its status. */
  async function use({ url }: Running, credentials: TokenBuilder | string): Promise<unknown> {
    const jwt = typeof credentials === 'string' ? credentials : credentials.sign();
    const headers = { authorization: `Bearer ${jwt}` };
    const response = await fetch(`${url}/once`, { method: 'DELETE', headers });
    const text = await response.text();
    return response.ok ? response.status : (JSON.parse(text) as { code: string }).code;
  }

  it('lets a token in once, however often it was let in elsewhere', async () => {
    const running = await start(memoryReplay({ clock }));
    const jwt = token().sign();
    const elsewhere = () =>
      fetch(`${running.url}/unbound`, {
        method: 'POST',
        headers: { authorization: `Bearer ${jwt}` },
      }).then(({ status }) => status);
    expect([await elsewhere(), await elsewhere()]).toEqual([200, 200]);
    expect([await use(running, jwt), await use(running, jwt)]).toEqual([200, 'TOKEN_REPLAYED']);
    expect(await elsewhere()).toBe(200);
  });

  it('lets one of many at once in', async () => {
    const running = await start(memoryReplay({ clock }));
    const jwt = token().sign();
    const answers = await Promise.all(Array.from({ length: 20 }, () => use(running, jwt)));
    expect(answers.filter((answer) => answer === 200)).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'TOKEN_REPLAYED')).toHaveLength(19);
    expect(ran).toEqual(['once']);
  });

  it('knows what was used at another replica, and before a restart, by a store they share', async () => {
    const shared = memoryReplay({ clock });
    const [one, other] = [await start(shared), await start(shared)];
    const jwt = token().sign();
    expect([await use(one, jwt), await use(other, jwt)]).toEqual([200, 'TOKEN_REPLAYED']);
    await one.app.close();
    expect(await use(await start(shared), jwt)).toBe('TOKEN_REPLAYED');
  });

  it('keeps the tokens of two issuers apart', async () => {
    const running = await start(memoryReplay({ clock }));
    const same = (issuer: typeof peer) => token(issuer).claim('jti', 'same');
    expect(await use(running, same(peer))).toBe(200);
    expect(await use(running, same(legacy))).toBe(200);
    expect(await use(running, same(server))).toBe(200);
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
    expect(await use(running, jti(token()))).toBe(200);
    expect(asked).toEqual(['precious']);
  });

  it('refuses a token without jti, which only legacy issuers may send at all', async () => {
    const running = await start(memoryReplay({ clock }));
    expect(await use(running, token(legacy).withoutClaim('jti'))).toBe('CLAIM_INVALID');
  });

  it('remembers for as long as the token is accepted', async () => {
    const running = await start(memoryReplay({ clock }));
    const jwt = token().sign();
    expect(await use(running, jwt)).toBe(200);
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
    expect(await use(running, jwt)).toBe(200);
    const full = await fetch(`${running.url}/once`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token().sign()}` },
    });
    expect([full.status, full.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await full.json()).toMatchObject({ code: 'REPLAY_STORE_UNAVAILABLE' });
    expect(ran).toEqual(['once']);
  });

  it('lets tokens in again where the options say so', async () => {
    const running = await start('off');
    const jwt = token().sign();
    expect([await use(running, jwt), await use(running, jwt)]).toEqual([200, 200]);
  });
});
