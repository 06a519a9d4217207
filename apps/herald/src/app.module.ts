import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Module, type DynamicModule } from '@nestjs/common';
import {
  CountersignClientsModule,
  CountersignModule,
  type CountersignOptions,
  type ServiceClientOptions,
} from '@countersign/auth';
import {
  DATABASE,
  databaseReplay,
  DatabaseModule,
  keptDecisions,
  loggedDecisions,
  replayMigrations,
  SigningKeys,
  SigningKeysModule,
  signingKeysMigrations,
  VersionsModule,
  versionsMigrations,
} from '@countersign/runtime';
import { OpenApiModule, type OpenApiOptions } from '@countersign/runtime/openapi';
import type { Database } from '@countersign/storage';
import { authorizationServer } from '@countersign/token';

import { censusTokens } from './census/census-tokens.js';
import type { Config } from './config.js';
import { peersFile } from './peers-file.js';
import {
  NotificationsModule,
  type NotificationsOptions,
} from './notifications/notifications.module.js';

const migrations = fileURLToPath(new URL('../migrations', import.meta.url));

const MAX_CENSUS_ANSWER_BYTES = 64 * 1024;
/** Deliveries under way at once: each holds one connection to the relay. */
const CONCURRENCY = 8;
// Less than what a shutdown has in all (runApp gives 15 s).
const DRAIN_SECONDS = 8;

/** Herald: tells users of Census something, by mail. */
@Module({})
export class AppModule {
  static forRoot(config: Config): DynamicModule {
    return {
      module: AppModule,
      imports: [
        CountersignModule.forRootAsync({
          service: 'herald',
          inject: [DATABASE],
          useFactory: (database: Database) => whomToBelieve(config, database),
        }),
        ...keptDecisions(config, { audience: 'herald' }),
        DatabaseModule.forRoot({
          url: config.DATABASE_URL,
          directory: join(config.DATA_DIR, 'database'),
          migrations: [
            versionsMigrations,
            signingKeysMigrations,
            replayMigrations,
            { owner: 'herald', folder: migrations },
          ],
        }),
        VersionsModule.forRoot(),
        SigningKeysModule.forRoot({
          service: 'herald',
          dataDir: config.DATA_DIR,
          keyEncryptionKey: config.KEY_ENCRYPTION_KEY,
          previousKeyEncryptionKey: config.KEY_ENCRYPTION_KEY_PREVIOUS,
        }),
        CountersignClientsModule.forRootAsync({
          names: ['census'],
          inject: [SigningKeys],
          useFactory: (keys: SigningKeys) => ({ census: censusClient(config, keys) }),
        }),
        NotificationsModule.forRoot(notificationsOptions(config)),
        OpenApiModule.forRoot(description(config)),
      ],
    };
  }
}

function whomToBelieve(config: Config, database: Database): CountersignOptions {
  const subjects = [`${config.CENSUS_URL}user/`];
  return {
    audiences: { herald: config.PUBLIC_URL },
    publicUrl: config.PUBLIC_URL,
    resourceMetadata: {
      name: 'Herald',
      documentation: new URL('openapi.json', config.PUBLIC_URL).href,
    },
    decisions: loggedDecisions(config.LOG_LEVEL),
    replay: databaseReplay(database),
    trust: [
      // By its own name for itself, which no client of it can have: the rule for links asks for it.
      authorizationServer(config.AUTH_SERVER_URL, {
        subjects,
        callers: { '~auth-server': 'auth-server' },
      }),
      ...(config.PEERS_FILE === undefined ? [] : [peersFile(config.PEERS_FILE)]),
    ],
  };
}

function censusClient(config: Config, keys: SigningKeys): ServiceClientOptions {
  return {
    url: config.CENSUS_URL,
    scopes: ['users:read'],
    as: 'subject',
    source: censusTokens({
      calls: config.CENSUS_CALLS,
      publicUrl: config.PUBLIC_URL,
      authServerUrl: config.AUTH_SERVER_URL,
      clientId: config.CLIENT_ID,
      signer: () => keys.signer(),
    }),
    timeout: '3s',
    maxResponseBytes: MAX_CENSUS_ANSWER_BYTES,
  };
}

function notificationsOptions(config: Config): NotificationsOptions {
  return {
    publicUrl: config.PUBLIC_URL,
    censusUrl: config.CENSUS_URL,
    authServerUrl: config.AUTH_SERVER_URL,
    mail: {
      smtp: config.SMTP,
      from: config.MAIL_FROM,
      hostname: greetingName(config.PUBLIC_URL),
      timeoutMs: Math.ceil(config.SMTP_TIMEOUT_SECONDS * 1000),
    },
    delivery: {
      retrySeconds: config.DELIVERY_RETRY_SECONDS,
      retryMaxSeconds: config.DELIVERY_RETRY_MAX_SECONDS,
      giveUpHours: config.DELIVERY_GIVE_UP_HOURS,
      pollSeconds: config.DELIVERY_POLL_SECONDS,
      leaseSeconds: config.DELIVERY_LEASE_SECONDS,
      concurrency: CONCURRENCY,
      drainSeconds: DRAIN_SECONDS,
    },
    limits: {
      perMinute: config.NOTIFICATIONS_PER_MINUTE,
      perMinuteOfCaller: config.NOTIFICATIONS_PER_MINUTE_OF_CALLER,
      pending: config.NOTIFICATIONS_PENDING_MAX,
    },
  };
}

/** How Herald greets the relay: its host, an address as a literal (RFC 5321 section 4.1.3). */
function greetingName(publicUrl: string): string {
  const { hostname } = new URL(publicUrl);
  return isIPv4(hostname) ? `[${hostname}]` : hostname.replace(/^\[/, '[IPv6:');
}

function description(config: Config): OpenApiOptions {
  return {
    title: 'Herald',
    description: 'Tells users of Census something, by mail. Delivery is at least once.',
    publicUrl: config.PUBLIC_URL,
    slashed: ['/notification', '/template'],
    schemes: {
      accessToken: {
        kind: { issuer: config.AUTH_SERVER_URL },
        description: `Access tokens for the audience ${config.PUBLIC_URL}`,
        scopes: {
          'notifications:send': 'tell users something, on behalf of a user; read the own, resend',
          'notifications:read': 'read the notifications of the subject',
          'notifications:read:any': 'read all of them, as a service of its own right',
          'notifications:resend': 'send failed ones again, as a service of its own right',
          'notifications:links':
            'send links that set passwords, as the authorization server itself',
          'notifications:preview': 'read what Herald can say',
          'admin:read': 'read why requests were refused',
        },
      },
    },
  };
}
