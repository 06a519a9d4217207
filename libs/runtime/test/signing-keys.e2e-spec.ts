import { createHash, createPublicKey, verify, type JsonWebKey } from 'node:crypto';

import 'reflect-metadata';
import { Module, type DynamicModule } from '@nestjs/common';
import { openDatabase, type Database } from '@countersign/storage';
import { signJwt } from '@countersign/token';

import {
  baseConfig,
  DATABASE,
  DatabaseModule,
  listenOn,
  readConfig,
  SigningKeys,
  signingKeysMigrations,
  SigningKeysModule,
  startApp,
  type RunningApp,
} from '../src/index.js';
import { SigningKeyStore } from '../src/lib/keys/signing-key-store.js';

const sealingKey = Buffer.alloc(32, 3);

@Module({})
class KeysApp {
  static forRoot(): DynamicModule {
    return {
      module: KeysApp,
      imports: [
        DatabaseModule.forRoot({ migrations: [signingKeysMigrations] }),
        SigningKeysModule.forRoot({
          service: 'herald',
          keyEncryptionKey: sealingKey,
          dataDir: 'unused',
        }),
      ],
    };
  }
}

describe('SigningKeysModule', () => {
  let running: RunningApp;
  let jwks: string;
  beforeAll(async () => {
    running = await startApp({
      name: 'herald',
      config: readConfig(baseConfig.extend(listenOn(0)), {}),
      module: () => KeysApp.forRoot(),
      log: { write: () => undefined },
    });
    jwks = `${running.url}.well-known/jwks.json`;
  }, 60_000);
  afterAll(() => running.close());

  const published = async () => (await (await fetch(jwks)).json()) as { keys: JsonWebKey[] };

  it('publishes the public half of the key it signs with, and nothing else of it', async () => {
    const token = await signJwt(running.app.get(SigningKeys).signer(), 'service+jwt', { a: 1 });
    const [header = '', claims = '', signature = ''] = token.split('.');
    const { keys } = await published();

    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0]!).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toMatchObject({
      alg: 'ES256',
      kid: keys[0]!.kid,
    });
    const key = {
      key: createPublicKey({ key: keys[0]!, format: 'jwk' }),
      dsaEncoding: 'ieee-p1363',
    } as const;
    const input = Buffer.from(`${header}.${claims}`);
    expect(verify('sha256', input, key, Buffer.from(signature, 'base64url'))).toBe(true);
  });

  it('lets the key set be kept, and says when it has not changed', async () => {
    const first = await fetch(jwks);
    const etag = first.headers.get('etag')!;
    expect(first.headers.get('content-type')).toBe('application/jwk-set+json');
    expect(first.headers.get('cache-control')).toBe('public, max-age=300');
    expect(etag).toBe(
      `"${createHash('sha256')
        .update(await first.text())
        .digest('base64url')}"`,
    );

    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await fetch(jwks, { headers: { 'if-none-match': known } });
      expect([again.status, await again.text()]).toEqual([304, '']);
      expect(again.headers.get('etag')).toBe(etag);
    }
    const other = await fetch(jwks, { headers: { 'if-none-match': '"other"' } });
    expect(other.status).toBe(200);
  });

  it('answers HEAD', async () => {
    const answer = await fetch(jwks, { method: 'HEAD' });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });

  it('keeps the private half sealed', async () => {
    const database = running.app.get<Database>(DATABASE);
    const { rows } = await database.execute<{ text: string }>(
      'select signing_keys::text as text from signing_keys',
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]!.text).not.toContain('"d"');
  });

  it('reports the database as up', async () => {
    const answer = await fetch(`${running.url}health/ready`);
    expect(await answer.json()).toEqual({ status: 'up', checks: { database: 'up' } });
  });
});

describe('SigningKeyStore', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openDatabase({ migrations: [signingKeysMigrations] });
  }, 60_000);
  afterAll(() => database.close());
  afterEach(() => database.execute('delete from signing_keys'));

  const store = (service = 'herald', key = sealingKey) =>
    new SigningKeyStore(database, service, key);

  it('makes one key, however many come first together', async () => {
    const keys = await Promise.all(Array.from({ length: 5 }, () => store().active('ES256')));
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(1);
    expect(await store().published()).toHaveLength(1);
  });

  it('finds the same key again', async () => {
    const first = await store().active('ES256');
    expect(await store().active('ES256')).toEqual(first);
  });

  it('keeps the keys of services apart', async () => {
    const herald = await store().active('ES256');
    const census = await store('census').active('ES256');
    expect(census.kid).not.toBe(herald.kid);
    expect(await store('census').published()).toHaveLength(1);
  });

  it('refuses another sealing key, and says what to set', async () => {
    await store().active('ES256');
    const other = store('herald', Buffer.alloc(32, 4)).active('ES256');
    await expect(other).rejects.toThrow('KEY_ENCRYPTION_KEY');
  });

  it('refuses a sealed key that was moved to another row', async () => {
    const { kid } = await store().active('ES256');
    await database.execute("update signing_keys set kid = 'other' where kid = $1", [kid]);
    await expect(store().active('ES256')).rejects.toThrow('does not open signing key other');
  });
});
