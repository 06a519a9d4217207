import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Module, type DynamicModule } from '@nestjs/common';
import { CountersignModule, type CountersignOptions } from '@countersign/auth';
import {
  DATABASE,
  databaseReplay,
  DatabaseModule,
  keptDecisions,
  loggedDecisions,
  replayMigrations,
} from '@countersign/runtime';
import { OpenApiModule, type OpenApiOptions } from '@countersign/runtime/openapi';
import type { Database } from '@countersign/storage';
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
    return {
      module: AppModule,
      imports: [
        CountersignModule.forRootAsync({
          service: 'census',
          inject: [DATABASE],
          useFactory: (database: Database) => whomToBelieve(config, database),
        }),
        ...keptDecisions(config, { audience: 'census' }),
        DatabaseModule.forRoot({
          url: config.DATABASE_URL,
          directory: join(config.DATA_DIR, 'database'),
          migrations: [replayMigrations, { owner: 'census', folder: migrations }],
        }),
        UsersModule.forRoot({ publicUrl: config.PUBLIC_URL, usersFile: config.USERS_FILE }),
        OpenApiModule.forRoot(description(config)),
      ],
    };
  }
}

function whomToBelieve(config: Config, database: Database): CountersignOptions {
  const { prefix } = new UserUris(config.PUBLIC_URL);
  return {
    audiences: { census: config.PUBLIC_URL },
    publicUrl: config.PUBLIC_URL,
    resourceMetadata: {
      name: 'Census',
      documentation: new URL('openapi.json', config.PUBLIC_URL).href,
    },
    decisions: loggedDecisions(config.LOG_LEVEL),
    // Proofs of tokens that are bound to a key are used once, whichever replica gets them.
    replay: databaseReplay(database),
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
  };
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
          'admin:read': 'read why requests were refused',
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
