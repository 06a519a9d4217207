import type { DynamicModule } from '@nestjs/common';
import { Global, Module } from '@nestjs/common';
import type { Database } from '@countersign/storage';

import { DATABASE } from '../database/database.module.js';
import { JwksController } from './jwks.controller.js';
import { keyEncryptionKey } from './key-encryption-key.js';
import { SigningKeyStore } from './signing-key-store.js';
import { SigningKeys } from './signing-keys.js';

/** Whose keys, and what seals them. @publicApi */
export interface SigningKeysOptions {
  /** The service's own name: services that share a database do not share keys. */
  readonly service: string;
  /** 32 bytes; without it, a key is kept in `dataDir`. */
  readonly keyEncryptionKey?: Buffer | undefined;
  readonly dataDir: string;
}

/**
 * `SigningKeys` and `GET /.well-known/jwks.json`. Needs `DatabaseModule` with
 * `signingKeysMigrations` in its list.
 * @publicApi
 */
@Global()
@Module({})
export class SigningKeysModule {
  static forRoot(options: SigningKeysOptions): DynamicModule {
    return {
      module: SigningKeysModule,
      controllers: [JwksController],
      providers: [
        {
          provide: SigningKeys,
          inject: [DATABASE],
          useFactory: (database: Database) => loadKeys(database, options),
        },
      ],
      exports: [SigningKeys],
    };
  }
}

async function loadKeys(database: Database, options: SigningKeysOptions): Promise<SigningKeys> {
  const sealingKey = options.keyEncryptionKey ?? (await keyEncryptionKey(options.dataDir));
  return SigningKeys.load(new SigningKeyStore(database, options.service, sealingKey));
}
