import 'reflect-metadata';

import { AuditStore } from '../src/audit/audit-store.js';
import { Audit } from '../src/audit/audit.js';
import { census, secrets, startAuthServer, type TestServer } from './start-auth-server.js';

let server: TestServer;
let time = 0;
const clock = { now: () => Date.parse('2026-11-22T12:00:00Z') / 1000, monotonic: () => time };
const start = (env: Record<string, string>) => startAuthServer(clock, undefined, env);
afterAll(() => server.stop());

async function ask(client: string, secret: string, address?: string) {
  const response = await fetch(`${server.running.url}oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: census }),
    headers: {
      authorization: `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}`,
      ...(address === undefined ? {} : { 'x-forwarded-for': address }),
    },
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
}

describe('the limits of the token endpoint', () => {
  beforeAll(async () => {
    server = await start({
      RATE_LIMIT_ADDRESS: '40',
      RATE_LIMIT_CLIENT: '50',
      RATE_LIMIT_CLIENT_FAILURES: '5',
      RATE_LIMIT_ADDRESS_FAILURES: '12',
      TRUSTED_PROXIES: '127.0.0.0/8,10.0.0.0/8',
    });
  }, 60_000);

  it('make who guesses wait, and nobody else', async () => {
    for (let n = 0; n < 5; n += 1) {
      expect((await ask('job', 'wrong', '192.0.2.1')).status).toBe(401);
    }
    const refused = await ask('job', 'wrong', '192.0.2.1');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('cache-control')).toBe('no-store');
    expect(JSON.parse(refused.text)).toEqual({
      error: 'temporarily_unavailable',
      error_description: 'Too many requests; the Retry-After header says when to try again',
    });
    expect((await ask('job', secrets.job, '192.0.2.1')).status).toBe(429);
    expect((await ask('job', secrets.job, '192.0.2.2')).status).toBe(200);
    expect((await ask('web', secrets.web, '192.0.2.1')).status).toBe(200);
    time += 12_000;
    expect((await ask('job', secrets.job, '192.0.2.1')).status).toBe(200);
  });

  it('tell an unknown client from a known one as little as anything else', async () => {
    const answers = async (client: string, address: string) => {
      const all: [number, string][] = [];
      for (let n = 0; n < 7; n += 1) {
        const { status, text } = await ask(client, 'wrong', address);
        all.push([status, text]);
      }
      return all;
    };
    const unknown = await answers('nobody', '192.0.2.11');
    expect(unknown).toEqual(await answers('job', '192.0.2.12'));
    expect(new Set(unknown.map(([status]) => status))).toEqual(new Set([401, 429]));
  });

  it('make further failures of an address cheap, and let who is right there through', async () => {
    const address = '192.0.2.21';
    const refusals = async () => {
      await server.running.app.get(Audit).drain();
      const query = { event: 'token.refused' };
      const { events } = await server.running.app.get(AuditStore).find(query);
      return events.filter((event) => event.address === address).length;
    };
    for (let n = 0; n < 12; n += 1) {
      expect((await ask(`a-${n}`, 'wrong', address)).status).toBe(401);
    }
    expect((await ask('b', 'wrong', address)).status).toBe(429);
    expect((await ask('job', secrets.job, address)).status).toBe(200);
    const before = await refusals();
    expect(before).toBe(13);
    for (let n = 0; n < 10; n += 1) await ask(`c-${n}`, 'wrong', address);
    expect(await refusals()).toBe(before);
  });

  it.each<[string, string, RequestInit]>([
    ['no credentials', '192.0.2.22', { body: 'grant_type=client_credentials' }],
    ['no grant type', '192.0.2.23', { body: 'a=b' }],
    ['a broken form', '192.0.2.24', { body: '%' }],
    ['two credentials', '192.0.2.25', { body: 'grant_type=x&client_secret=a&client_assertion=b' }],
    [
      'an assertion that is none',
      '192.0.2.26',
      {
        body: 'grant_type=x&client_assertion=a.b.c&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer',
      },
    ],
  ])('keep a flood with %s out of the audit', async (_what, address, request) => {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'x-forwarded-for': address,
    };
    const statuses: number[] = [];
    for (let n = 0; n < 30; n += 1) {
      const sent = { ...request, method: 'POST', headers };
      const { status } = await fetch(`${server.running.url}oauth2/token`, sent);
      statuses.push(status);
    }
    expect(new Set(statuses.slice(12))).toEqual(new Set([429]));
    await server.running.app.get(Audit).drain();
    const { events } = await server.running.app
      .get(AuditStore)
      .find({ event: 'token.refused', limit: 500 });
    expect(events.filter((event) => event.address === address)).toHaveLength(13);
    expect((await ask('job', secrets.job, address)).status).toBe(200);
  });

  const statusesOf = async (count: number, address: string) => {
    const all: number[] = [];
    for (let n = 0; n < count; n += 1) all.push((await ask('nobody', '', address)).status);
    return all;
  };

  it.each(['introspect', 'revoke'])('write down no text for an address (%s)', async (endpoint) => {
    const { status } = await fetch(`${server.running.url}oauth2/${endpoint}`, {
      method: 'POST',
      body: new URLSearchParams({ token: 'a' }),
      headers: { 'x-forwarded-for': 'somebody <b>else</b>', 'x-api-key': 'none' },
    });
    expect(status).toBe(401);
    await server.running.app.get(Audit).drain();
    const { events } = await server.running.app.get(AuditStore).find({ limit: 500 });
    expect(JSON.stringify(events)).toContain('unknown');
    expect(JSON.stringify(events)).not.toContain('somebody');
  });

  it('bound the requests of one address', async () => {
    await statusesOf(40, '192.0.2.31');
    expect((await ask('job', secrets.job, '192.0.2.31')).status).toBe(429);
    expect((await ask('job', secrets.job, '192.0.2.32')).status).toBe(200);
  });

  it('take the addresses of one network for one, and whatever is none, too', async () => {
    await statusesOf(40, '2001:db8::1');
    expect((await ask('job', secrets.job, '2001:db8::ffff:1')).status).toBe(429);
    expect((await ask('job', secrets.job, '2001:db8:0:1::1')).status).toBe(200);
    await statusesOf(40, 'evil');
    expect((await ask('job', secrets.job, 'more evil')).status).toBe(429);
  });

  it('believe the nearest address that no trusted proxy has', async () => {
    await statusesOf(40, '203.0.113.9, 192.0.2.41, 10.1.1.1');
    expect((await ask('job', secrets.job, '203.0.113.8, 192.0.2.41, 10.2.2.2')).status).toBe(429);
    expect((await ask('job', secrets.job, '192.0.2.41, 192.0.2.42, 10.1.1.1')).status).toBe(200);
  });

  it('bound the requests of one client, wherever they come from', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 55; n += 1) {
      statuses.push((await ask('web', secrets.web, `192.0.2.${100 + n}`)).status);
    }
    expect(statuses[0]).toBe(200);
    expect(statuses.at(-1)).toBe(429);
    expect((await ask('job', secrets.job, '192.0.2.99')).status).toBe(200);
  });
});

describe('without trusted proxies', () => {
  beforeAll(async () => {
    await server.stop();
    server = await start({ RATE_LIMIT_ADDRESS: '1' });
  }, 60_000);

  it('believes nobody about an address', async () => {
    expect((await ask('job', secrets.job, '192.0.2.1')).status).toBe(200);
    expect((await ask('job', secrets.job, '192.0.2.2')).status).toBe(429);
  });
});
