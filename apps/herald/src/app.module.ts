import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Module, type DynamicModule } from '@nestjs/common';
import { CountersignModule } from '@countersign/auth';
import {
  DatabaseModule,
  loggedDecisions,
  SigningKeysModule,
  signingKeysMigrations,
  VersionsModule,
  versionsMigrations,
} from '@countersign/runtime';
import { authorizationServer } from '@countersign/token';

import type { Config } from './config.js';
import {
  NotificationsModule,
  type NotificationsOptions,
} from './notifications/notifications.module.js';

const migrations = fileURLToPath(new URL('../migrations', import.meta.url));

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
        CountersignModule.forRoot({
          service: 'herald',
          audiences: { herald: config.PUBLIC_URL },
          decisions: loggedDecisions(config.LOG_LEVEL),
          trust: [
            authorizationServer(config.AUTH_SERVER_URL, {
              subjects: [`${config.CENSUS_URL}user/`],
            }),
          ],
        }),
        DatabaseModule.forRoot({
          url: config.DATABASE_URL,
          directory: join(config.DATA_DIR, 'database'),
          migrations: [
            versionsMigrations,
            signingKeysMigrations,
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
        NotificationsModule.forRoot(notificationsOptions(config)),
      ],
    };
  }
}

function notificationsOptions(config: Config): NotificationsOptions {
  return {
    publicUrl: config.PUBLIC_URL,
    censusUrl: config.CENSUS_URL,
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
      concurrency: CONCURRENCY,
      drainSeconds: DRAIN_SECONDS,
    },
  };
}

/** How Herald greets the relay: its host, an address as a literal (RFC 5321 section 4.1.3). */
function greetingName(publicUrl: string): string {
  const { hostname } = new URL(publicUrl);
  return isIPv4(hostname) ? `[${hostname}]` : hostname.replace(/^\[/, '[IPv6:');
}
