import { Module, type DynamicModule } from '@nestjs/common';
import { CountersignModule } from '@countersign/auth';

import type { Settings } from '../settings.js';
import { readSigningKey } from '../signing-key.js';
import { HomeController } from './home.controller.js';
import { SecretServer } from './secret-server.js';

/** The client: one endpoint, which calls the server. It believes nobody's tokens. */
@Module({})
export class ClientModule {
  static forRoot(settings: Settings): DynamicModule {
    const signingKey = readSigningKey(settings.signingKeyFile);
    return {
      module: ClientModule,
      controllers: [HomeController],
      providers: [{ provide: SecretServer, useValue: new SecretServer(settings, signingKey) }],
      imports: [
        CountersignModule.forRoot({
          service: 'client',
          audiences: { client: settings.clientUrl },
          trust: [],
        }),
      ],
    };
  }
}
