import { Module, type DynamicModule } from '@nestjs/common';
import type { Clock } from '@countersign/token';

import { Audit } from '../audit/audit.js';
import { LiveRegistry } from '../registry/live-registry.js';
import { ClientAuthentication } from '../token/client-authentication/client-authentication.js';
import { TokenLimits } from '../token/limits/token-limits.js';
import { TrustEndpoint } from './trust-endpoint.js';
import { TrustController } from './trust.controller.js';

/** Whose peers are told, and by which clock. */
export interface TrustOptions {
  readonly issuer: string;
  readonly clock: Clock;
}

/** Tells services whom to trust. Needs the registry and the authentication of clients. */
@Module({})
export class TrustModule {
  static forRoot({ issuer, clock }: TrustOptions): DynamicModule {
    return {
      module: TrustModule,
      controllers: [TrustController],
      providers: [
        {
          provide: TrustEndpoint,
          inject: [LiveRegistry, ClientAuthentication, TokenLimits, Audit],
          useFactory: (
            registry: LiveRegistry,
            authentication: ClientAuthentication,
            limits: TokenLimits,
            audit: Audit,
          ) => new TrustEndpoint({ registry, authentication, limits, audit, issuer, clock }),
        },
      ],
    };
  }
}
