import { join } from 'node:path';

import { Module, type DynamicModule } from '@nestjs/common';
import { CountersignModule } from '@countersign/auth';
import {
  DatabaseModule,
  signingKeysMigrations,
  SigningKeysModule,
  VersionsModule,
  versionsMigrations,
} from '@countersign/runtime';
import { systemClock, type Clock } from '@countersign/token';

import { AuditModule } from './audit/audit.module.js';
import { auditMigrations } from './audit/audit.table.js';
import { issuerOf, type Config } from './config.js';
import { MetadataController } from './metadata/metadata.controller.js';
import { RegistryModule } from './registry/registry.module.js';
import { registryMigrations } from './registry/registry.tables.js';
import { CLOCK, ISSUER, LIFETIME } from './token/token.constants.js';
import { TokenController } from './token/token.controller.js';

/** The authorization server: registry, keys, token endpoint, metadata. */
@Module({})
export class AppModule {
  static forRoot(config: Config, clock: Clock = systemClock): DynamicModule {
    const issuer = issuerOf(config);
    return {
      module: AppModule,
      imports: [
        DatabaseModule.forRoot({
          url: config.DATABASE_URL,
          directory: join(config.DATA_DIR, 'database'),
          migrations: [
            versionsMigrations,
            signingKeysMigrations,
            registryMigrations,
            auditMigrations,
          ],
        }),
        AuditModule.forRoot({
          retention: { keep: config.AUDIT_RETENTION_DAYS * 86_400 },
          clock,
        }),
        SigningKeysModule.forRoot({
          service: 'auth-server',
          keyEncryptionKey: config.KEY_ENCRYPTION_KEY,
          dataDir: config.DATA_DIR,
        }),
        VersionsModule.forRoot({ clock }),
        RegistryModule.forRoot({ file: config.REGISTRY_FILE, issuer, clock }),
        // Trusts nobody yet: its routes are public, and say why.
        CountersignModule.forRoot({
          service: 'auth-server',
          audiences: { admin: `${issuer}/admin` },
          trust: [],
        }),
      ],
      controllers: [TokenController, MetadataController],
      providers: [
        { provide: ISSUER, useValue: issuer },
        { provide: LIFETIME, useValue: config.ACCESS_TOKEN_LIFETIME },
        { provide: CLOCK, useValue: clock },
      ],
    };
  }
}
