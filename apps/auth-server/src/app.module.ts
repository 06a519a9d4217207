import { join } from 'node:path';

import { Module, type DynamicModule } from '@nestjs/common';
import { CountersignModule } from '@countersign/auth';
import {
  clientCertificatesOf,
  DatabaseModule,
  keptDecisions,
  loggedDecisions,
  replayMigrations,
  signingKeysMigrations,
  SigningKeysModule,
  VersionsModule,
  versionsMigrations,
  type KeyTimeOptions,
} from '@countersign/runtime';
import { systemClock, type Clock, type ReplayStore, type TrustedIssuer } from '@countersign/token';

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
import { accountsOptionsOf } from './people/accounts/accounts-config.js';
import { PeopleAdminController } from './people/administration/people-admin.controller.js';
import { PeopleKeysController } from './people/administration/people-keys.controller.js';
import { peopleMigrations, accountsMigrations } from './people/people.migrations.js';
import { PeopleModule } from './people/people.module.js';
import { OWN_ISSUER } from './status/own-issuer.js';
import { StatusModule } from './status/status.module.js';
import { statusMigrations } from './status/status.migrations.js';
import { CLIENT_CERTIFICATES, ISSUER, REPLAY } from './token/token.constants.js';
import { TokenModule } from './token/token.module.js';
import { TrustModule } from './trust/trust.module.js';

/** In seconds. */
const day = 86_400;

/** What its modules are made from. */
interface Setup {
  readonly config: Config;
  /** The public URL without its final slash. */
  readonly issuer: string;
  readonly clock: Clock;
}

/** The authorization server: registry, keys, token endpoint, revocations, administration, metadata. */
@Module({})
export class AppModule {
  static forRoot(config: Config, clock: Clock = systemClock): DynamicModule {
    const setup = { config, issuer: issuerOf(config), clock };
    return {
      module: AppModule,
      imports: [...records(setup), ...issuance(setup), ...people(setup), ...administration(setup)],
      controllers: [MetadataController],
      providers: [
        { provide: ISSUER, useValue: setup.issuer },
        { provide: CLIENT_CERTIFICATES, useValue: clientCertificatesOf(config) },
      ],
    };
  }
}

/** What is kept, and how replicas learn that it changed. */
function records({ config, clock }: Setup): readonly DynamicModule[] {
  return [
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
        peopleMigrations,
        accountsMigrations,
      ],
    }),
    AuditModule.forRoot({ retention: { keep: config.AUDIT_RETENTION_DAYS * day }, clock }),
    SigningKeysModule.forRoot({ service: 'auth-server', ...keyOptions({ config, clock }) }),
    VersionsModule.forRoot({ clock }),
  ];
}

/** Who gets which token, and which are taken back. */
function issuance({ config, issuer, clock }: Setup): readonly DynamicModule[] {
  return [
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
    TrustModule.forRoot({ issuer, clock }),
    TokenModule.forRoot({
      issuer,
      lifetime: config.ACCESS_TOKEN_LIFETIME,
      longestChain: config.LONGEST_ACTOR_CHAIN,
      limits: limitsOf(config),
      replay: config.REPLAY_STORE,
      dpopNonce: config.DPOP_NONCE,
      logsIssues: loggedDecisions(config.LOG_LEVEL) === 'all',
      clock,
    }),
  ];
}

/** People's login, where it is on. */
function people({ config, issuer, clock }: Setup): readonly DynamicModule[] {
  if (config.PEOPLE === 'off') return [];
  return [
    PeopleModule.forRoot({
      server: issuer,
      subjects: config.PEOPLE_SUBJECTS,
      lifetimes: {
        accessToken: config.PEOPLE_ACCESS_TOKEN_LIFETIME,
        session: config.PEOPLE_SESSION_LIFETIME,
        interaction: config.PEOPLE_INTERACTION_LIFETIME,
      },
      accounts: accountsOptionsOf(config),
      loginsPerMinute: config.RATE_LIMIT_LOGINS,
      // An ID token is shown again at the logout: its key is known for as long as the session may last.
      keys: { ...keyOptions({ config, clock }), times: peopleKeyTimes(config) },
      certificates: clientCertificatesOf(config),
      clock,
    }),
  ];
}

/** The times of the ring of people's tokens: those of the other one, but for how long a key is known. */
function peopleKeyTimes(config: Config): KeyTimeOptions {
  const { TOKEN_LIFETIME_MAX, PEOPLE_SESSION_LIFETIME } = config;
  const longest = Math.max(TOKEN_LIFETIME_MAX, PEOPLE_SESSION_LIFETIME);
  return keyTimesOf({ ...config, TOKEN_LIFETIME_MAX: longest, KEY_RETAIN: undefined });
}

/** What both rings of keys are kept by. */
function keyOptions({ config, clock }: Pick<Setup, 'config' | 'clock'>) {
  return {
    keyEncryptionKey: config.KEY_ENCRYPTION_KEY,
    previousKeyEncryptionKey: config.KEY_ENCRYPTION_KEY_PREVIOUS,
    dataDir: config.DATA_DIR,
    times: keyTimesOf(config),
    clock,
  };
}

/** The admin API, unless it is off, and the guard in front of it. */
function administration({ config, issuer, clock }: Setup): readonly DynamicModule[] {
  const guard = CountersignModule.forRootAsync({
    service: 'auth-server',
    inject: [OWN_ISSUER, LiveRegistry, REPLAY],
    // Trusts nobody but itself: only the admin API has routes that are not public.
    useFactory: (own: TrustedIssuer, registry: LiveRegistry, replay: ReplayStore) => ({
      audiences: { admin: `${issuer}/admin` },
      trust: [adminIssuer({ own, registry, clock })],
      // For tokens that are bound to a key: proofs name our URL, and are good once over all replicas.
      publicUrl: config.PUBLIC_URL,
      replay,
      decisions: loggedDecisions(config.LOG_LEVEL),
      clock,
    }),
  });
  if (config.ADMIN_API === 'off') return [guard];
  const more = config.PEOPLE === 'on' ? [PeopleAdminController, PeopleKeysController] : [];
  return [
    AdminModule.forRoot({ issuer, dataDir: config.DATA_DIR, clock, more }),
    ...keptDecisions(config, { audience: 'admin', path: 'admin/decisions' }),
    guard,
  ];
}
