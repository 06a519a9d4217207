import 'reflect-metadata';
import { DATABASE, RotationTooSoon, SigningKeys } from '@countersign/runtime';
import type { Database } from '@countersign/storage';
import { until } from '@countersign/testing';

import { KeyCommands } from '../src/keys/key-commands.js';
import { RegistryStore } from '../src/registry/registry-store.js';
import { startAuthServer, type TestServer } from './start-auth-server.js';

describe('KeyCommands', () => {
  let server: TestServer;
  let commands: KeyCommands;
  let database: Database;
  beforeAll(async () => {
    server = await startAuthServer();
    commands = server.running.app.get(KeyCommands);
    database = server.running.app.get<Database>(DATABASE);
  }, 60_000);
  afterAll(() => server.stop());

  const by = { client: 'operator', address: '192.0.2.1' };
  const audited = async () =>
    (
      await database.execute(
        `select event, kid, actor, address from audit_events
         where event like 'key%' order by event`,
      )
    ).rows;
  const live = async () => {
    const { rings } = await commands.status();
    const keys = rings.flatMap((ring) => ring.keys).filter(({ state }) => state !== 'retired');
    return Object.fromEntries(keys.map(({ state, kid }) => [state, kid]));
  };
  const published = async () => {
    const answer = await fetch(`${server.running.url}.well-known/jwks.json`);
    return ((await answer.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
  };

  it('refuses to rotate to a key that is not announced, and records nothing', async () => {
    await expect(commands.rotate(by)).rejects.toThrow(RotationTooSoon);
    expect(await audited()).toEqual([]);
  });

  it('drops a compromised key, tells guards and records who did it, in one', async () => {
    const { active, next } = await live();
    await commands.emergency(by, active!);

    expect(await live()).toMatchObject({ active: next });
    expect(await published()).not.toContain(active);
    const revoked = await database.execute<{ days: number }>(
      `select (expires_at - extract(epoch from now()))::float8 / 86400 as days
       from revocations where kind = 'key' and value = $1`,
      [active],
    );
    expect(revoked.rows).toEqual([{ days: expect.closeTo(30, 1) }]);
    const about = { kid: active, actor: 'operator', address: '192.0.2.1' };
    expect(await audited()).toEqual([
      { event: 'key.revoked', ...about },
      { event: 'keys.compromised', ...about },
    ]);
  });

  it('leaves a key alone that guards cannot be told of', async () => {
    const { active } = await live();
    await database.execute('alter table revocations rename to gone');
    await expect(commands.emergency(by, active!)).rejects.toThrow();
    await database.execute('alter table gone rename to revocations');
    expect(await live()).toMatchObject({ active });
    expect(await published()).toContain(active);
  });
});

describe('a service that wants another algorithm', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startAuthServer(undefined, undefined, {
      KEY_SET_MAX_AGE: '0',
      KEY_COOL_DOWN: '0',
      KEY_LAG: '1',
    });
  }, 60_000);
  afterAll(() => server.stop());

  it('has keys announced for it before anybody asks for a token', async () => {
    const { app } = server.running;
    const keys = app.get(SigningKeys);
    await app
      .get(RegistryStore)
      .putService(
        { name: 'billing', audience: 'https://billing.example/', scopes: [], algorithm: 'EdDSA' },
        { ifVersion: 'absent' },
        { name: 'operator' },
      );
    await until(() => keys.algorithms.includes('EdDSA'));
    expect(keys.algorithms).toEqual(['ES256', 'EdDSA']);
    expect(keys.signer('EdDSA').algorithm).toBe('EdDSA');
    expect(keys.signer('RS256').algorithm).toBe('ES256');
  });
});
