import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { CountersignClientsModule, CountersignModule } from '@countersign/auth';
import { privateKeyJwt, tokenExchange } from '@countersign/token';

import { ClientKeyController } from './client-key/client-key.controller.js';
import { LoginAttempts } from './login/login-attempts.js';
import { LoginController } from './login/login.controller.js';
import { People } from './login/people.js';
import { Notifications } from './notifications/notifications.js';
import { NotificationsController } from './notifications/notifications.controller.js';
import { PagesController } from './pages/pages.controller.js';
import { ProblemFilter } from './pages/problem.filter.js';
import { PARTS, type Parts } from './parts.js';

/** The application. It believes nobody's tokens: who calls it is a browser, with a session. */
@Module({})
export class WebAppModule {
  static forRoot(parts: Parts): DynamicModule {
    const { settings, key, clock } = parts;
    const client = privateKeyJwt(settings.clientId, { signer: key.signer, clock });
    const source = tokenExchange({ issuer: settings.authServerUrl, client, clock });
    return {
      module: WebAppModule,
      controllers: [ClientKeyController, LoginController, NotificationsController, PagesController],
      providers: [
        { provide: PARTS, useValue: parts },
        { provide: LoginAttempts, useValue: new LoginAttempts(clock) },
        { provide: APP_FILTER, useClass: ProblemFilter },
        Notifications,
        People,
      ],
      imports: [
        CountersignModule.forRoot({
          service: 'web-app',
          audiences: { 'web-app': settings.publicUrl },
          trust: [],
        }),
        CountersignClientsModule.forRoot({
          clients: { herald: { url: settings.heraldUrl, source } },
        }),
      ],
    };
  }
}
