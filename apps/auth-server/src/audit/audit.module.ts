import {
  Global,
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { DATABASE } from '@countersign/runtime';
import type { Database } from '@countersign/storage';

import { AuditStore } from './audit-store.js';
import { Audit, type AuditQueueOptions } from './audit.js';

/**
 * `Audit` for the request path, `AuditStore` for changes and questions. List it after
 * `DatabaseModule`, with `auditMigrations` there: modules close in the opposite order, and what
 * waits is written when the last request is answered and the database still open.
 */
@Global()
@Module({})
export class AuditModule implements OnApplicationShutdown {
  constructor(@Inject(Audit) private readonly audit: Audit) {}

  static forRoot(options: AuditQueueOptions = {}): DynamicModule {
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
          useFactory: (store: AuditStore) => new Audit(store, options),
        },
      ],
      exports: [Audit, AuditStore],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.audit.drain();
  }
}
