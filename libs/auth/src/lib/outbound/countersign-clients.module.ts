import {
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type FactoryProvider,
  type ModuleMetadata,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { APP_INTERCEPTOR, ModuleRef } from '@nestjs/core';
import { checkOption } from '@countersign/token';

import { CLIENTS } from '../constants.js';
import { CallContextInterceptor } from './call-context.interceptor.js';
import { CallContexts } from './call-contexts.js';
import { clientToken } from './inject-client.decorator.js';
import { ServiceClient } from './service-client.js';
import { resolveClient, type ServiceClientOptions } from './service-client.options.js';

/** The services that an application calls, by the names it has for them. @publicApi */
export interface ClientsOptions<Name extends string = string> {
  readonly clients: Readonly<Record<Name, ServiceClientOptions>>;
}

/** Clients whose options are made by a factory: their names are known before it runs. @publicApi */
export interface ClientsAsyncOptions<Name extends string = string> extends Pick<
  ModuleMetadata,
  'imports'
> {
  readonly names: readonly Name[];
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: (
    ...injected: never[]
  ) => ClientsOptions<Name>['clients'] | Promise<ClientsOptions<Name>['clients']>;
}

const NAMES = Symbol('countersign:client-names');
const NAME = /^[a-z][a-z0-9-]{0,63}$/;

/** Closes the connections when the application has answered its last request. */
@Injectable()
class ClientConnections implements OnApplicationShutdown {
  constructor(
    @Inject(NAMES) private readonly names: readonly string[],
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    const clients = this.names.map((name) => this.moduleRef.get<ServiceClient>(clientToken(name)));
    await Promise.all(clients.map((client) => client.close()));
  }
}

/**
 * Gives an application its clients of other services, everywhere. Import it once, beside
 * `CountersignModule`.
 *
 * @example
 * CountersignClientsModule.forRoot({
 *   clients: {
 *     census: {
 *       url: 'https://census.example/',
 *       scopes: ['users:read'],
 *       source: selfIssued({ issuer: 'https://herald.example/', signer }),
 *     },
 *   },
 * })
 * @throws TypeError at boot, naming the client and the option that is wrong.
 * @publicApi
 */
@Module({})
export class CountersignClientsModule {
  static forRoot(options: ClientsOptions): DynamicModule {
    const names = Object.keys(options.clients);
    return moduleOf(names, { provide: CLIENTS, useValue: options.clients });
  }

  static forRootAsync<Name extends string>(options: ClientsAsyncOptions<Name>): DynamicModule {
    const { imports = [], inject = [], useFactory } = options;
    const clients = { provide: CLIENTS, inject, useFactory } as FactoryProvider;
    return { ...moduleOf(options.names, clients), imports };
  }
}

function moduleOf(names: readonly string[], clients: Provider): DynamicModule {
  return {
    module: CountersignClientsModule,
    global: true,
    providers: [
      clients,
      { provide: NAMES, useValue: names },
      CallContexts,
      ClientConnections,
      { provide: APP_INTERCEPTOR, useClass: CallContextInterceptor },
      ...names.map(clientProvider),
    ],
    exports: [CallContexts, ...names.map(clientToken)],
  };
}

function clientProvider(name: string): FactoryProvider<ServiceClient> {
  checkOption(NAME.test(name), 'clients', 'have names of a-z, 0-9 and -');
  return {
    provide: clientToken(name),
    inject: [CLIENTS, CallContexts],
    useFactory: (clients: ClientsOptions['clients'], contexts: CallContexts) => {
      const options = clients[name];
      if (options === undefined) throw new TypeError(`clients.${name} must be given`);
      return new ServiceClient(resolveClient(name, options), contexts);
    },
  };
}
