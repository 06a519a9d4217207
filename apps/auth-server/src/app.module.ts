import { join } from 'node:path';

import { Module, type DynamicModule } from '@nestjs/common';
import { CountersignModule } from '@countersign/auth';
import {
  DatabaseModule,
  loggedDecisions,
  replayMigrations,
  signingKeysMigrations,
  SigningKeysModule,
  VersionsModule,
  versionsMigrations,
} from '@countersign/runtime';
import { systemClock, type Clock, type TrustedIssuer } from '@countersign/token';

import { adminIssuer } from './admin/admin-issuer.js';
import { adminMigrations } from './admin/admin.migrations.js';
import { AdminModule } from './admin/admin.module.js';
import { AuditModule } from './audit/audit.module.js';
import { auditMigrations } from './audit/audit.table.js';
import { issuerOf, limitsOf, type Config } from './config.js';
import { keyTimesOf } from './keys/key-config.js';
import { KeysModule } from './keys/keys.module.js';
import { MetadataController } from './metadata/metadata.controller.js';
import { LiveRegistry } from './registry/live-registry.js';
import { RegistryModule } from './registry/registry.module.js';
import { registryMigrations } from './registry/registry.tables.js';
import { OWN_ISSUER } from './status/own-issuer.js';
import { StatusModule } from './status/status.module.js';
import { statusMigrations } from './status/status.migrations.js';
import { CLOCK, ISSUER, LIFETIME } from './token/token.constants.js';
import { TokenModule } from './token/token.module.js';

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
            replayMigrations,
            registryMigrations,
            auditMigrations,
            statusMigrations,
            adminMigrations,
          ],
        }),
        AuditModule.forRoot({
          retention: { keep: config.AUDIT_RETENTION_DAYS * 86_400 },
          clock,
        }),
        SigningKeysModule.forRoot({
          service: 'auth-server',
          keyEncryptionKey: config.KEY_ENCRYPTION_KEY,
          previousKeyEncryptionKey: config.KEY_ENCRYPTION_KEY_PREVIOUS,
          dataDir: config.DATA_DIR,
          times: keyTimesOf(config),
          clock,
        }),
        VersionsModule.forRoot({ clock }),
        RegistryModule.forRoot({ file: config.REGISTRY_FILE, issuer, clock }),
        StatusModule.forRoot({
          issuer,
          clock,
          feedPerMinute: config.RATE_LIMIT_FEED,
          streams: {
            mostStreams: config.REVOCATION_STREAMS,
            mostPerNetwork: config.REVOCATION_STREAMS_PER_ADDRESS,
          },
        }),
        KeysModule.forRoot({ clock }),
        TokenModule.forRoot({
          issuer,
          lifetime: config.ACCESS_TOKEN_LIFETIME,
          longestChain: config.LONGEST_ACTOR_CHAIN,
          limits: limitsOf(config),
          replay: config.REPLAY_STORE,
          clock,
        }),
        ...(config.ADMIN_API === 'off'
          ? []
          : [AdminModule.forRoot({ issuer, dataDir: config.DATA_DIR, clock })]),
        // Trusts nobody but itself: only the admin API has routes that are not public.
        CountersignModule.forRootAsync({
          service: 'auth-server',
          inject: [OWN_ISSUER, LiveRegistry],
          useFactory: (own: TrustedIssuer, registry: LiveRegistry) => ({
            audiences: { admin: `${issuer}/admin` },
            trust: [adminIssuer({ own, registry, clock })],
            decisions: loggedDecisions(config.LOG_LEVEL),
            clock,
          }),
        }),
      ],
      controllers: [MetadataController],
      providers: [
        { provide: ISSUER, useValue: issuer },
        { provide: LIFETIME, useValue: config.ACCESS_TOKEN_LIFETIME },
        { provide: CLOCK, useValue: clock },
      ],
    };
  }
}
