import { Global, Module, type DynamicModule } from '@nestjs/common';
import { systemClock, type Clock } from '@countersign/token';
import type { Database } from '@countersign/storage';

import { DATABASE } from '../database/database.module.js';
import { Versions, type VersionsTimes } from './versions.js';

/** What `VersionsModule` may be told. @publicApi */
export interface VersionsOptions extends VersionsTimes {
  readonly clock?: Clock;
}

/**
 * `Versions`, for every module. Needs `DatabaseModule` with `versionsMigrations` in its list.
 *
 * @example
 * VersionsModule.forRoot()
 * @publicApi
 */
@Global()
@Module({})
export class VersionsModule {
  static forRoot({ clock = systemClock, ...times }: VersionsOptions = {}): DynamicModule {
    return {
      module: VersionsModule,
      providers: [
        {
          provide: Versions,
          inject: [DATABASE],
          useFactory: (database: Database) => new Versions(database, clock, times),
        },
      ],
      exports: [Versions],
    };
  }
}
