import { DATABASE } from '@countersign/runtime';
import type { Database } from '@countersign/storage';
import { testClock } from '@countersign/testing';

import { RegistryStore } from '../src/registry/registry-store.js';
import { census, secrets, startAuthServer, type TestServer } from './start-auth-server.js';

const admin = { name: 'test' };

describe('the registry of a running server', () => {
  const clock = testClock();
  let server: TestServer;
  beforeAll(async () => {
    server = await startAuthServer(clock);
  }, 60_000);
  // What the audit log could not write is tried for a while.
  afterAll(() => server.stop(), 60_000);

  const ask = (id: string, secret: string) =>
    fetch(`${server.running.url}oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: id,
        client_secret: secret,
        resource: census,
      }),
    });
  const store = () => server.running.app.get(RegistryStore);
  const ready = async () =>
    (await (await fetch(`${server.running.url}health/ready`)).json()) as {
      checks: Record<string, string>;
    };

  it('gives a token for a client and a secret that were made a moment ago, and none after', async () => {
    const grants = [{ service: 'census', scopes: ['users:read'] }];
    await store().putClient({ id: 'new', grants }, {}, admin);
    const { secret, id } = await store().addSecret('new', { label: 'a' }, {}, admin);
    expect((await ask('new', secret)).status).toBe(200);
    await store().removeSecret('new', id, {}, admin);
    expect((await ask('new', secret)).status).toBe(401);
    await store().removeClient('new', {}, admin);
    expect((await ask('new', secret)).status).toBe(401);
  });

  it('says when it may be outdated, and decides nothing by it', async () => {
    expect((await ready()).checks['registry']).toBe('up');
    await server.running.app.get<Database>(DATABASE).close();
    expect((await ask('job', secrets.job)).status).toBe(200);
    expect((await ask('job', 'wrong')).status).toBe(503);

    clock.advance(30);
    expect((await ready()).checks['registry']).toBe('down');
    const answer = await ask('job', secrets.job);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await answer.json()).toMatchObject({ error: 'temporarily_unavailable' });
  });
});
