import { Module, type DynamicModule } from '@nestjs/common';
import { CountersignModule } from '@countersign/auth';
import { memoryReplay, sharedSecret } from '@countersign/token';

import type { Settings } from '../settings.js';
import { readSigningKey } from '../signing-key.js';
import { SecretMessageController } from './secret-message.controller.js';

/** The server: one endpoint, and one client that it believes. */
@Module({})
export class ServerModule {
  static forRoot({ serverUrl, clientUrl, signingKeyFile }: Settings): DynamicModule {
    return {
      module: ServerModule,
      controllers: [SecretMessageController],
      imports: [
        CountersignModule.forRoot({
          service: 'server',
          audiences: { server: serverUrl },
          trust: [
            sharedSecret('client', {
              issuer: clientUrl,
              secret: readSigningKey(signingKeyFile),
              algorithms: ['HS256'],
              carrier: 'Token',
            }),
          ],
          replay: memoryReplay(),
        }),
      ],
    };
  }
}
