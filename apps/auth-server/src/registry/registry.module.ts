import {
  Global,
  Inject,
  Logger,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { DATABASE, Readiness, Versions } from '@countersign/runtime';
import type { Database } from '@countersign/storage';
import type { Clock } from '@countersign/token';

import { AuditStore } from '../audit/audit-store.js';
import { LiveRegistry } from './live-registry.js';
import { readRegistryFile } from './registry-file.js';
import { RegistryStore } from './registry-store.js';
import { SecretUses } from './secret-uses.js';

/** Where the registry's file is, if it has one, and whose registry it is. */
export interface RegistryOptions {
  readonly file: string | undefined;
  /** The URL of this server. */
  readonly issuer: string;
  readonly clock: Clock;
}

/**
 * `LiveRegistry` and `SecretUses` for the request path, `RegistryStore` for who changes the
 * registry, once the registry file, if there is one, is applied. Needs `DatabaseModule` with
 * `registryMigrations`, `VersionsModule` and `AuditModule`.
 */
@Global()
@Module({})
export class RegistryModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(@Inject(SecretUses) private readonly secretUses: SecretUses) {}

  static forRoot(options: RegistryOptions): DynamicModule {
    return {
      module: RegistryModule,
      providers: [
        {
          provide: RegistryStore,
          inject: [DATABASE, Versions, AuditStore],
          useFactory: (database: Database, versions: Versions, audit: AuditStore) =>
            prepareStore(database, versions, audit, options),
        },
        {
          provide: LiveRegistry,
          // The store first: what the file says is there when the registry is loaded.
          inject: [DATABASE, Versions, Readiness, RegistryStore],
          useFactory: (database: Database, versions: Versions, readiness: Readiness) =>
            startRegistry(database, versions, readiness, options),
        },
        {
          provide: SecretUses,
          inject: [DATABASE],
          useFactory: (database: Database) => new SecretUses(database, options.clock),
        },
      ],
      exports: [LiveRegistry, RegistryStore, SecretUses],
    };
  }

  onApplicationBootstrap(): void {
    this.secretUses.start();
  }

  /** Nest calls this when the server is closed, and the database still open. */
  async onApplicationShutdown(): Promise<void> {
    await this.secretUses.stop();
  }
}

async function prepareStore(
  database: Database,
  versions: Versions,
  audit: AuditStore,
  { file, issuer, clock }: RegistryOptions,
): Promise<RegistryStore> {
  const store = new RegistryStore(database, versions, { ownIssuer: issuer, clock, audit });
  await store.putBuiltInServices();
  if (file !== undefined) await store.apply(await readRegistryFile(file));
  return store;
}

async function startRegistry(
  database: Database,
  versions: Versions,
  readiness: Readiness,
  { clock }: RegistryOptions,
): Promise<LiveRegistry> {
  const live = new LiveRegistry(database, versions, clock);
  await live.start();
  readiness.register('registry', async () => void live.current);
  new Logger('Registry').log({ event: 'registry.loaded', clients: live.current.size });
  return live;
}
