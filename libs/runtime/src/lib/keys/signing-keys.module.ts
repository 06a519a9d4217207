import type { DynamicModule } from '@nestjs/common';
import { Global, Inject, Module } from '@nestjs/common';
import { systemClock, type AsymmetricAlgorithm, type Clock } from '@countersign/token';
import type { Database } from '@countersign/storage';

import { DATABASE } from '../database/database.module.js';
import { Readiness } from '../health/readiness.js';
import { Versions, type Topic } from '../versions/versions.js';
import { JwksController } from './jwks.controller.js';
import { keyEncryptionKey } from './key-encryption-key.js';
import { SigningKeysUnavailable } from './key-problems.js';
import { KeyRing } from './key-ring.js';
import { KeySealer } from './key-sealer.js';
import { keyTimes, type KeyTimeOptions, type KeyTimes } from './key-times.js';
import { SharedSecrets } from './shared-secrets.js';
import { SigningKeyStore } from './signing-key-store.js';
import { SigningKeys } from './signing-keys.js';
import { SpentKeys } from './spent-keys.js';

/** Whose keys, what seals them, and how fast they change. @publicApi */
export interface SigningKeysOptions {
  /** The service's own name: services that share a database do not share keys. */
  readonly service: string;
  /** 32 bytes; without it, a key is kept in `dataDir`. */
  readonly keyEncryptionKey?: Buffer | undefined;
  /** Opens what it sealed earlier; everything is sealed anew with the other one at the start. */
  readonly previousKeyEncryptionKey?: Buffer | undefined;
  /** Where it is remembered which keys have signed before, whatever the database says. */
  readonly dataDir: string;
  /** What signs unless something else is asked for; ES256 unless told. */
  readonly algorithm?: AsymmetricAlgorithm;
  readonly times?: KeyTimeOptions;
  /** What replicas tell each other changes by; `keys` unless told. Each ring needs one of its own. */
  readonly topic?: Topic;
  readonly clock?: Clock;
}

/**
 * `SigningKeys`, the `KeyRing` that rotates them, `GET /.well-known/jwks.json`, and `SharedSecrets`
 * made from what seals them. Not ready while the keys may be outdated. Needs `DatabaseModule` with
 * `signingKeysMigrations` and `versionsMigrations` in its list, and `VersionsModule`.
 *
 * Refuses (TypeError) times that do not fit together, see `keyTimes`.
 * @publicApi
 */
@Global()
@Module({})
export class SigningKeysModule {
  constructor(@Inject(SigningKeys) keys: SigningKeys, @Inject(Readiness) readiness: Readiness) {
    readiness.register('keys', async () => {
      if (!keys.isUsable) throw new SigningKeysUnavailable();
    });
  }

  static forRoot(options: SigningKeysOptions): DynamicModule {
    const times = keyTimes(options.times);
    return {
      module: SigningKeysModule,
      controllers: [JwksController],
      providers: [
        {
          provide: STARTED,
          inject: [DATABASE, Versions],
          useFactory: (database: Database, versions: Versions) =>
            startSigningKeys({ database, versions, options, times }),
        },
        { provide: KeyRing, inject: [STARTED], useFactory: ({ ring }: StartedKeys) => ring },
        { provide: SigningKeys, inject: [STARTED], useFactory: ({ keys }: StartedKeys) => keys },
        {
          provide: SharedSecrets,
          inject: [STARTED],
          useFactory: ({ secrets }: StartedKeys) => secrets,
        },
      ],
      exports: [KeyRing, SharedSecrets, SigningKeys],
    };
  }
}

const STARTED = Symbol('countersign:key-ring');

/** Keys that are looked after until the ring is destroyed. @publicApi */
export interface StartedKeys {
  readonly ring: KeyRing;
  readonly keys: SigningKeys;
  readonly secrets: SharedSecrets;
}

/** What {@link startSigningKeys} works with. @publicApi */
export interface SigningKeysParts {
  readonly database: Database;
  readonly versions: Versions;
  readonly options: SigningKeysOptions;
  /** Those of the options, checked by `keyTimes`. */
  readonly times: KeyTimes;
}

/**
 * Loads the keys of a service and looks after them from now on: what `SigningKeysModule` does, for
 * whoever needs a second ring. Resolves when they can sign; rejects as `KeyRing.start`.
 * @publicApi
 */
export async function startSigningKeys(parts: SigningKeysParts): Promise<StartedKeys> {
  const { database, versions, options, times } = parts;
  const { service, dataDir, algorithm: defaultAlgorithm = 'ES256', clock = systemClock } = options;
  const { topic = 'keys' } = options;
  const sealingKey = options.keyEncryptionKey ?? (await keyEncryptionKey(dataDir));
  const previousKey = options.previousKeyEncryptionKey;
  const sealer = new KeySealer(sealingKey, previousKey);
  const store = new SigningKeyStore(database, service, sealer);
  const staleAfter = staleAfterOf(database, times);
  const keys = new SigningKeys({
    defaultAlgorithm,
    maxAge: times.maxAge,
    longestLife: times.longestLife,
    isFresh: () => versions.age(topic) < staleAfter,
    want: (algorithm) => ring.want(algorithm),
    open: (key) => store.open(key),
  });
  const spent = await SpentKeys.read(dataDir, service);
  const ring = new KeyRing({
    service,
    defaultAlgorithm,
    database,
    versions,
    store,
    keys,
    spent,
    times,
    topic,
    clock,
  });
  await ring.start();
  const sealingKeys = previousKey ? [sealingKey, previousKey] : [sealingKey];
  return { ring, keys, secrets: new SharedSecrets(sealingKeys, service) };
}

/** Milliseconds. With an embedded database there is no replica to fall behind, only a busy process. */
function staleAfterOf({ engine }: Database, { lag }: KeyTimes): number {
  return 1000 * (engine === 'pglite' ? Math.max(lag, 30) : lag);
}
