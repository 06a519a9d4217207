import { Logger, Module, type DynamicModule } from '@nestjs/common';
import { DATABASE } from '@countersign/runtime';
import type { Database } from '@countersign/storage';

import { readRegistryFile } from './registry-file.js';
import { RegistryRepository } from './registry.repository.js';
import { Registry } from './registry.js';

/** Where the registry's file is, if it has one, and who reads it. */
export interface RegistryOptions {
  readonly file: string | undefined;
  readonly issuer: string;
}

/** Applies the registry file, if there is one, and provides the `Registry` as it then is. */
@Module({})
export class RegistryModule {
  static forRoot(options: RegistryOptions): DynamicModule {
    return {
      module: RegistryModule,
      providers: [
        {
          provide: Registry,
          inject: [DATABASE],
          useFactory: (database: Database) => loadRegistry(database, options),
        },
      ],
      exports: [Registry],
    };
  }
}

async function loadRegistry(database: Database, options: RegistryOptions): Promise<Registry> {
  const repository = new RegistryRepository(database);
  if (options.file !== undefined) {
    await repository.apply(await readRegistryFile(options.file, options.issuer));
  }
  const registry = await repository.load();
  new Logger('Registry').log({ event: 'registry.loaded', clients: registry.size });
  return registry;
}
