import { Global, Logger, Module, type DynamicModule } from '@nestjs/common';
import { DATABASE, Readiness, Versions } from '@countersign/runtime';
import type { Database } from '@countersign/storage';
import type { Clock } from '@countersign/token';

import { LiveRegistry } from './live-registry.js';
import { readRegistryFile } from './registry-file.js';
import { RegistryRepository } from './registry.repository.js';

/** Where the registry's file is, if it has one, and who reads it. */
export interface RegistryOptions {
  readonly file: string | undefined;
  readonly issuer: string;
  readonly clock: Clock;
}

/** Applies the registry file, if there is one, and provides the `LiveRegistry` that follows. */
@Global()
@Module({})
export class RegistryModule {
  static forRoot(options: RegistryOptions): DynamicModule {
    return {
      module: RegistryModule,
      providers: [
        {
          provide: LiveRegistry,
          inject: [DATABASE, Versions, Readiness],
          useFactory: (database: Database, versions: Versions, readiness: Readiness) =>
            startRegistry(database, versions, readiness, options),
        },
      ],
      exports: [LiveRegistry],
    };
  }
}

async function startRegistry(
  database: Database,
  versions: Versions,
  readiness: Readiness,
  options: RegistryOptions,
): Promise<LiveRegistry> {
  if (options.file !== undefined) {
    const file = await readRegistryFile(options.file, options.issuer);
    await new RegistryRepository(database, versions).apply(file);
  }
  const live = new LiveRegistry(database, versions, options.clock);
  await live.start();
  readiness.register('registry', async () => void live.current);
  new Logger('Registry').log({ event: 'registry.loaded', clients: live.current.size });
  return live;
}
