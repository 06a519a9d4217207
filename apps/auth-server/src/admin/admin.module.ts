/** The admin API: registry, keys, revocations and audit, behind our own decorators. */
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { DATABASE } from '@countersign/runtime';
import type { Database } from '@countersign/storage';
import type { Clock } from '@countersign/token';

import { AuditStore } from '../audit/audit-store.js';
import { RegistryStore } from '../registry/registry-store.js';
import { ADMIN_CLOCK, ADMIN_ISSUER, ADMIN_MODULE } from './admin.constants.js';
import { Bootstrap } from './bootstrap/bootstrap.js';
import { BootstrapController } from './bootstrap/bootstrap.controller.js';
import { BootstrapCredentials } from './bootstrap/bootstrap-credentials.js';
import { BootstrapFile } from './bootstrap/bootstrap-file.js';
import { OpenApiController } from './openapi/openapi.controller.js';
import { AuditController } from './operations/audit.controller.js';
import { KeysController } from './operations/keys.controller.js';
import { RevocationsController } from './operations/revocations.controller.js';
import { ClientEdgesController } from './registry/client-edges.controller.js';
import { ClientEditor } from './registry/client-editor.js';
import { ClientGrantsController } from './registry/client-grants.controller.js';
import { ClientKeysController } from './registry/client-keys.controller.js';
import { ClientSecretsController } from './registry/client-secrets.controller.js';
import { ClientsController } from './registry/clients.controller.js';
import { IssuersController } from './registry/issuers.controller.js';
import { RegistryReader } from './registry/registry-reader.js';
import { ServicesController } from './registry/services.controller.js';
import { WhoamiController } from './whoami.controller.js';

const controllers = [
  BootstrapController,
  WhoamiController,
  OpenApiController,
  ServicesController,
  ClientsController,
  ClientSecretsController,
  ClientKeysController,
  ClientGrantsController,
  ClientEdgesController,
  IssuersController,
  KeysController,
  RevocationsController,
  AuditController,
];

/** What the admin API is told. */
export interface AdminOptions {
  readonly issuer: string;
  /** Where the file with the bootstrap credential is written. */
  readonly dataDir: string;
  readonly clock: Clock;
  /** Controllers of other rooms that belong to it; what they need is global. */
  readonly more?: readonly Type[];
}

/**
 * Everything below `/admin`. Needs `DatabaseModule` with `adminMigrations`, the registry, the key
 * ring, the revocations and the audit log.
 */
@Module({})
export class AdminModule {
  static forRoot({ issuer, dataDir, clock, more = [] }: AdminOptions): DynamicModule {
    return {
      module: AdminModule,
      controllers: [...controllers, ...more],
      providers: [
        { provide: ADMIN_ISSUER, useValue: issuer },
        { provide: ADMIN_MODULE, useValue: AdminModule },
        { provide: ADMIN_CLOCK, useValue: clock },
        {
          provide: RegistryReader,
          inject: [RegistryStore],
          useFactory: (store: RegistryStore) => new RegistryReader(store),
        },
        {
          provide: ClientEditor,
          inject: [RegistryReader, RegistryStore],
          useFactory: (reader: RegistryReader, store: RegistryStore) =>
            new ClientEditor(reader, store, clock),
        },
        {
          provide: Bootstrap,
          inject: [RegistryStore, DATABASE, AuditStore],
          useFactory: (store: RegistryStore, database: Database, audit: AuditStore) =>
            new Bootstrap({
              store,
              credentials: new BootstrapCredentials(database),
              file: new BootstrapFile(dataDir),
              audit,
              clock,
            }),
        },
      ],
    };
  }
}
