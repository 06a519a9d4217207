import { createSecretKey } from 'node:crypto';

import { Module, type DynamicModule } from '@nestjs/common';
import { CountersignClientsModule, CountersignModule } from '@countersign/auth';
import { createSigner, selfIssued } from '@countersign/token';

import type { Settings } from '../settings.js';
import { readSigningKey } from '../signing-key.js';
import { HomeController } from './home.controller.js';

/** The client: one endpoint, which calls the server. It believes nobody's tokens. */
@Module({})
export class ClientModule {
  static forRoot({ serverUrl, clientUrl, signingKeyFile }: Settings): DynamicModule {
    const mySigningKey = createSecretKey(readSigningKey(signingKeyFile));
    const signer = createSigner({ algorithm: 'HS256', privateKey: mySigningKey });
    const source = selfIssued({ issuer: clientUrl, signer, carrier: 'Token' });
    return {
      module: ClientModule,
      controllers: [HomeController],
      imports: [
        CountersignModule.forRoot({
          service: 'client',
          audiences: { client: clientUrl },
          trust: [],
        }),
        // A new token for each call, to this server only: fetch takes an Authorization header away before
        // it follows a redirect to somebody else, and hands a Token header over. This follows none.
        CountersignClientsModule.forRoot({
          clients: { server: { url: serverUrl, source, maxResponseBytes: 4096 } },
        }),
      ],
    };
  }
}
