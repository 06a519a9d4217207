import { Global, Logger, Module, type DynamicModule } from '@nestjs/common';
import { DATABASE, Readiness, Versions } from '@countersign/runtime';
import type { Database } from '@countersign/storage';
import type { Clock } from '@countersign/token';

import { AuditStore } from '../audit/audit-store.js';
import { LiveRegistry } from './live-registry.js';
import { readRegistryFile } from './registry-file.js';
import { RegistryStore } from './registry-store.js';

/** Where the registry's file is, if it has one, and whose registry it is. */
export interface RegistryOptions {
  readonly file: string | undefined;
  /** The URL of this server. */
  readonly issuer: string;
  readonly clock: Clock;
}

/**
 * `LiveRegistry` for the request path and `RegistryStore` for who changes it, once the registry file,
 * if there is one, is applied. Needs `DatabaseModule` with `registryMigrations`, `VersionsModule` and
 * `AuditModule`.
 */
@Global()
@Module({})
export class RegistryModule {
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
      ],
      exports: [LiveRegistry, RegistryStore],
    };
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
