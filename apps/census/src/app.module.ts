import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Module, type DynamicModule } from '@nestjs/common';
import { CountersignModule } from '@countersign/auth';
import { DatabaseModule, loggedDecisions } from '@countersign/runtime';
import { authorizationServer, servicePeer } from '@countersign/token';

import type { Config } from './config.js';
import { UserUris } from './users/user-uris.js';
import { UsersModule } from './users/users.module.js';

const migrations = fileURLToPath(new URL('../migrations', import.meta.url));

/** Census: the people of the fleet, shown to whoever may see them. */
@Module({})
export class AppModule {
  static forRoot(config: Config): DynamicModule {
    const { prefix } = new UserUris(config.PUBLIC_URL);
    return {
      module: AppModule,
      imports: [
        CountersignModule.forRoot({
          service: 'census',
          audiences: { census: config.PUBLIC_URL },
          decisions: loggedDecisions(config.LOG_LEVEL),
          trust: [
            authorizationServer(config.AUTH_SERVER_URL, { subjects: [prefix] }),
            servicePeer('herald', {
              issuer: config.HERALD_URL,
              jwks: `${config.HERALD_URL}.well-known/jwks.json`,
              carrier: 'JWT',
              mayAssert: ['users:read'],
              subjects: [prefix],
            }),
          ],
        }),
        DatabaseModule.forRoot({
          url: config.DATABASE_URL,
          directory: join(config.DATA_DIR, 'database'),
          migrations: [{ owner: 'census', folder: migrations }],
        }),
        UsersModule.forRoot({ publicUrl: config.PUBLIC_URL, usersFile: config.USERS_FILE }),
      ],
    };
  }
}
