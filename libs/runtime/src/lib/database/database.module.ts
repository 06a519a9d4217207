import type { DynamicModule, OnApplicationShutdown } from '@nestjs/common';
import { Global, Inject, Module } from '@nestjs/common';
import type { Database, DatabaseOptions } from '@countersign/storage';
import { openDatabase } from '@countersign/storage';

import { Readiness } from '../health/readiness.js';

/** Provider token of the opened `Database`. @publicApi */
export const DATABASE = Symbol('countersign:database');

/**
 * Opens the database before any provider that injects it, and closes it after the last request.
 *
 * @example
 * DatabaseModule.forRoot({ url: config.DATABASE_URL, directory, migrations: [signingKeysMigrations, own] })
 * @publicApi
 */
@Global()
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(Readiness) readiness: Readiness,
  ) {
    readiness.register('database', () => database.ping());
  }

  static forRoot(options: DatabaseOptions): DynamicModule {
    return {
      module: DatabaseModule,
      providers: [{ provide: DATABASE, useFactory: () => openDatabase(options) }],
      exports: [DATABASE],
    };
  }

  /** Nest calls this when the server is closed: requests in flight had their database. */
  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}
