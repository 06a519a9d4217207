import { ConfigurableModuleBuilder, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, DiscoveryModule } from '@nestjs/core';

import { BootAudit } from './audit/boot-audit.js';
import { DecisionLog } from './audit/decision-log.js';
import { RawBodies } from './audit/raw-bodies.js';
import { UndeclaredHandlers } from './audit/undeclared-handlers.js';
import { WholeHeaders } from './audit/whole-headers.js';
import { OPTIONS, RESOLVED_OPTIONS, SERVICE_NAME } from './constants.js';
import { resolveOptions, type CountersignOptions } from './countersign.options.js';
import { AccessExceptionFilter } from './filters/access-exception.filter.js';
import { CountersignGuard } from './guards/countersign.guard.js';
import { MessageGuarding } from './guards/message-guarding.js';
import { Policies } from './guards/policies.js';
import { RouteRules } from './guards/route-rules.js';
import { TokenWatch } from './guards/token-watch.js';
import { WebSocketGuarding } from './guards/web-socket-guarding.js';
import { ResourceMetadata } from './resource/resource-metadata.js';
import { RevocationFollowing } from './revocation/revocation-following.js';
import { createJwksStrategy, JwksStrategy } from './strategies/jwks.strategy.js';
import { TrustOpening } from './trust/trust-opening.js';

/** What must be known when modules are scanned, before any factory runs. @publicApi */
export interface CountersignExtras {
  /** The service's own name: realm of challenges, name in logs. */
  readonly service: string;
}

const SERVICE = /^[a-z][a-z0-9-]{0,63}$/;

const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<CountersignOptions>({
  moduleName: 'Countersign',
  optionsInjectionToken: OPTIONS,
})
  .setClassMethodName('forRoot')
  .setExtras<CountersignExtras>({ service: '' }, (definition, { service }) => {
    if (!SERVICE.test(service))
      throw new TypeError(`service: the service's own name is required, such as 'census'`);
    return {
      ...definition,
      providers: [...(definition.providers ?? []), { provide: SERVICE_NAME, useValue: service }],
    };
  })
  .build();

/**
 * Guards every route and every message handler of the application by its declared rule, and refuses
 * to start when one has none. Import it once, in the root module.
 *
 * @example
 * CountersignModule.forRoot({
 *   service: 'census',
 *   audiences: { census: 'https://census.example/' },
 *   trust: [authorizationServer('https://auth.example')],
 * })
 * @throws TypeError at boot, naming the option that is wrong; BootAuditError with a table of routes.
 * @publicApi
 */
@Module({
  imports: [DiscoveryModule],
  providers: [
    {
      provide: RESOLVED_OPTIONS,
      inject: [OPTIONS],
      useFactory: (options: CountersignOptions) => resolveOptions(options),
    },
    { provide: JwksStrategy, inject: [RESOLVED_OPTIONS], useFactory: createJwksStrategy },
    Policies,
    RouteRules,
    DecisionLog,
    RawBodies,
    WholeHeaders,
    UndeclaredHandlers,
    BootAudit,
    TrustOpening,
    RevocationFollowing,
    TokenWatch,
    CountersignGuard,
    MessageGuarding,
    WebSocketGuarding,
    ResourceMetadata,
    { provide: APP_GUARD, useExisting: CountersignGuard },
    { provide: APP_FILTER, useClass: AccessExceptionFilter },
  ],
  exports: [JwksStrategy],
})
export class CountersignModule extends ConfigurableModuleClass {}
