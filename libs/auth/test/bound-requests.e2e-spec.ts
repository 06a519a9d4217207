import { once } from 'node:events';
import { connect } from 'node:net';

import 'reflect-metadata';
import { createSigner, memoryReplay, selfIssuedTokens } from '@countersign/token';
import {
  aToken,
  createTestIssuer,
  hostileRequests,
  oddRequests,
  sendBytes,
  testClock,
  type BoundContext,
} from '@countersign/testing';

import { adapters, run, type Running } from './adapters.js';
import { boundModule } from './bound.module.js';
import { CENSUS, ran } from './census.module.js';

const clock = testClock();
const trust = { carrier: 'Bearer' } as const;
const peer = createTestIssuer({ kind: 'service-peer', clock, trust });
const legacy = createTestIssuer({
  kind: 'service-peer',
  name: 'ledger',
  clock,
  trust: { ...trust, legacy: true },
});
const server = createTestIssuer({ clock });
const publicUrl = 'https://census.example/';
const tokens = selfIssuedTokens({
  issuer: peer.issuer,
  signer: createSigner({ algorithm: 'ES256', kid: peer.key.kid, privateKey: peer.key.signingKey }),
  clock,
});
const context: BoundContext = { peer, legacy, server, audience: CENSUS, publicUrl, path: '/bound' };

describe.each(adapters)('bound routes on %s', (adapterName, makeAdapter) => {
  let running: Running;

  beforeAll(async () => {
    const trusted = [peer, legacy, server].map((issuer) => issuer.trustEntry());
    const options = { publicUrl, replay: memoryReplay({ clock }), body: { maxBytes: 102_400 } };
    running = await run(boundModule(trusted, clock, options), makeAdapter(), { rawBody: true });
  });
  afterAll(() => running.app.close());
  beforeEach(() => {
    ran.length = 0;
    running.decisions.length = 0;
  });

  it.each(oddRequests)('let $name in', async ({ status, make }) => {
    const answer = await sendBytes(running.url, make(context));
    expect(status).toContain(answer.status);
    expect(ran).toHaveLength(answer.status === 200 ? 1 : 0);
  });

  it.each(hostileRequests)('refuse $name', async ({ code, status, make }) => {
    const answer = await sendBytes(running.url, make(context));
    expect(status).toContain(answer.status);
    expect(ran).toEqual([]);
    if (code === undefined) return;
    expect(JSON.parse(answer.body)).toMatchObject({ code, status: answer.status });
    expect(running.decisions).toEqual([
      expect.objectContaining({ code, caller: expect.any(String) }),
    ]);
  });

  it('hand on what was signed', async () => {
    const good = oddRequests[0]?.make(context) as Buffer;
    const { body } = await sendBytes(running.url, good);
    expect(JSON.parse(body)).toEqual({ body: { email: 'ada@example.org' } });
  });

  it('compare a body of a GET where the adapter reads one, and refuse it elsewhere', async () => {
    const row = hostileRequests.find(({ name }) => name.startsWith('a GET with a body'));
    const text = (row?.make(context) as Buffer).toString('latin1');
    const body = Buffer.from(text.slice(text.indexOf('\r\n\r\n') + 4));
    const request = { method: 'GET', url: `${publicUrl}bound` };
    const jwt = await tokens.token({ audience: CENSUS, body, request });
    const answer = await sendBytes(running.url, Buffer.from(withToken(text, jwt), 'latin1'));
    expect(answer.status).toBe(adapterName === 'Express' ? 200 : 401);
  });

  it('leave alone what is not bound: bdy and htu are looked at where a rule asks for them', async () => {
    const authorization = `Bearer ${aToken().from(peer).to(CENSUS).claim('bdy', 'x').sign()}`;
    const response = await fetch(`${running.url}/unbound`, {
      method: 'POST',
      headers: { authorization },
      body: 'a',
    });
    expect(response.status).toBe(200);
  });

  it('bind the body alone, and use the token up, where the rule says so', async () => {
    const body = Buffer.from('[]');
    const authorization = `Bearer ${await tokens.token({ audience: CENSUS, body })}`;
    const send = (content: string) =>
      fetch(`${running.url}/body?any=query`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: content,
      }).then(({ status }) => status);
    expect(await send('[0]')).toBe(401);
    expect([await send('[]'), await send('[]')]).toEqual([200, 401]);
    expect(ran).toEqual(['body']);
    expect(running.decisions.map(({ code }) => code)).toEqual(['BODY_MISMATCH', 'TOKEN_REPLAYED']);
  });

  it('run no handler while the body is still coming', async () => {
    const good = oddRequests[0]?.make(context) as Buffer;
    const { hostname, port } = new URL(running.url);
    const slow = connect({ host: hostname, port: Number(port) });
    await once(slow, 'connect');
    slow.write(good.subarray(0, -1));
    expect((await sendBytes(running.url, good)).status).toBe(200);
    expect(ran).toEqual(['replace']);
    slow.destroy();
  });
});

const withToken = (request: string, jwt: string) =>
  request.replace(/Authorization: Bearer .*\r\n/, `Authorization: Bearer ${jwt}\r\n`);
