import { createHash, createPublicKey, verify, type JsonWebKey } from 'node:crypto';

import 'reflect-metadata';
import { Module, type DynamicModule } from '@nestjs/common';
import type { Database } from '@countersign/storage';
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
  VersionsModule,
  versionsMigrations,
  type RunningApp,
} from '../src/index.js';

const sealingKey = Buffer.alloc(32, 3);

@Module({})
class KeysApp {
  static forRoot(): DynamicModule {
    return {
      module: KeysApp,
      imports: [
        DatabaseModule.forRoot({ migrations: [versionsMigrations, signingKeysMigrations] }),
        VersionsModule.forRoot(),
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

    // The one that signs, and the one that will.
    expect(keys).toHaveLength(2);
    for (const key of keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    }
    const { alg, kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as JsonWebKey;
    expect(alg).toBe('ES256');
    const signing = keys.find((key) => key.kid === kid)!;
    const key = {
      key: createPublicKey({ key: signing, format: 'jwk' }),
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
    expect(rows).toHaveLength(2);
    for (const { text } of rows) expect(text).not.toContain('"d"');
  });

  it('reports the database and the keys as up', async () => {
    const answer = await fetch(`${running.url}health/ready`);
    expect(await answer.json()).toEqual({ status: 'up', checks: { database: 'up', keys: 'up' } });
  });
});
