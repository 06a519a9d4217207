import {
  Global,
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { DATABASE, Readiness } from '@countersign/runtime';
import { systemClock, type Clock } from '@countersign/token';
import type { Database } from '@countersign/storage';

import { AuditRetention, type RetentionOptions } from './audit-retention.js';
import { AuditStore } from './audit-store.js';
import { Audit, type AuditQueueOptions } from './audit.js';

/** What the audit log is told. */
export interface AuditOptions {
  readonly queue?: AuditQueueOptions;
  readonly retention: RetentionOptions;
  readonly clock?: Clock;
}

/**
 * `Audit` for the request path, `AuditStore` for changes and questions. List it after
 * `DatabaseModule`, with `auditMigrations` there: modules close in the opposite order, and what
 * waits is written when the last request is answered and the database still open.
 */
@Global()
@Module({})
export class AuditModule
  implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  constructor(
    @Inject(Audit) private readonly audit: Audit,
    @Inject(AuditRetention) private readonly retention: AuditRetention,
    @Inject(Readiness) readiness: Readiness,
  ) {
    readiness.register('audit', async () => {
      if (audit.isOverloaded) throw new Error('the audit log cannot be written');
    });
  }

  static forRoot({ queue, retention, clock = systemClock }: AuditOptions): DynamicModule {
    return {
      module: AuditModule,
      providers: [
        {
          provide: AuditStore,
          inject: [DATABASE],
          useFactory: (database: Database) => new AuditStore(database),
        },
        {
          provide: Audit,
          inject: [AuditStore],
          useFactory: (store: AuditStore) => new Audit(store, queue),
        },
        {
          provide: AuditRetention,
          inject: [AuditStore, DATABASE],
          useFactory: (store: AuditStore, database: Database) =>
            new AuditRetention(store, database, clock, retention),
        },
      ],
      exports: [Audit, AuditStore],
    };
  }

  onApplicationBootstrap(): void {
    this.retention.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.retention.stop();
  }

  /** Nest calls this when the server is closed: the last request has recorded what it did. */
  async onApplicationShutdown(): Promise<void> {
    await this.audit.drain();
  }
}
