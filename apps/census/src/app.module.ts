import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Module, type DynamicModule } from '@nestjs/common';
import { CountersignModule } from '@countersign/auth';
import { DatabaseModule, loggedDecisions } from '@countersign/runtime';
import { OpenApiModule, type OpenApiOptions } from '@countersign/runtime/openapi';
import { authorizationServer, servicePeer } from '@countersign/token';

import type { Config } from './config.js';
import { UserUris } from './users/user-uris.js';
import { UsersModule } from './users/users.module.js';

const migrations = fileURLToPath(new URL('../migrations', import.meta.url));

const heraldScopes = { 'users:read': 'read the users whom the subject may see' };

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
              mayAssert: Object.keys(heraldScopes),
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
        OpenApiModule.forRoot(description(config)),
      ],
    };
  }
}

function description(config: Config): OpenApiOptions {
  return {
    title: 'Census',
    description: 'The people of the fleet, shown to whoever may see them.',
    publicUrl: config.PUBLIC_URL,
    slashed: ['/user'],
    schemes: {
      accessToken: {
        kind: { issuer: config.AUTH_SERVER_URL },
        description: `Access tokens for the audience ${config.PUBLIC_URL}`,
        scopes: {
          ...heraldScopes,
          'users:read:any': 'read everybody, as a service of its own right',
          'users:write': 'change what the subject may change',
          'users:write:any': 'create, change and delete everybody, as a service of its own right',
        },
      },
      heraldToken: {
        kind: { header: 'JWT' },
        description: 'Tokens that Herald signs itself, on behalf of a user',
        scopes: heraldScopes,
      },
    },
  };
}
