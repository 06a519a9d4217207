import { Metadata, type Client } from '@grpc/grpc-js';
import type { FactoryProvider, OnApplicationShutdown } from '@nestjs/common';
import { ClientGrpcProxy } from '@nestjs/microservices';
import type { OutboundSubject, TokenSource } from '@countersign/token';

import { CallContexts } from '../outbound/call-contexts.js';
import { makeGrpcCall, type GrpcMethod, type PreparedGrpcCall } from './grpc-call.js';
import {
  resolveGrpcClient,
  type CountersignGrpcClientOptions,
  type ResolvedGrpcClient,
} from './grpc-client.options.js';

type Methods = Readonly<Record<string, GrpcMethod>>;

/**
 * Calls the methods of one other service over gRPC, every one with a token in its metadata. As whom has
 * to be said with every service that is asked for. What it answers are objects with a method for each of
 * the service's, which take a message (or an Observable of messages) and metadata, and answer Observables,
 * as those of Nest's `ClientGrpc`.
 *
 * Calls end with a GrpcCallError where there is no good answer, with a TokenAcquisitionError where there
 * is no token, and with a TypeError for what cannot be sent; then nothing was sent.
 *
 * @example
 * const users = this.census.asSubject<UsersClient>('Users');
 * const user = await firstValueFrom(users.find({ id: '42' }));
 * @throws TypeError naming the option that is wrong.
 * @publicApi
 */
export class CountersignGrpcClient implements OnApplicationShutdown {
  readonly #client: ResolvedGrpcClient;
  readonly #proxy: ClientGrpcProxy;
  readonly #contexts: CallContexts | undefined;

  /** @internal */
  constructor(options: CountersignGrpcClientOptions, contexts?: CallContexts) {
    this.#client = resolveGrpcClient(options);
    this.#contexts = contexts;
    const { url, package: name, protoPath, packageDefinition, loader, credentials } = options;
    this.#proxy = new ClientGrpcProxy({
      url,
      package: name,
      channelOptions: { ...this.#client.channelOptions },
      ...(protoPath !== undefined && { protoPath }),
      ...(packageDefinition !== undefined && { packageDefinition }),
      ...(loader !== undefined && { loader }),
      ...(credentials !== undefined && { credentials }),
    });
  }

  /**
   * Calls as the user of the request that is being handled: who that is, is settled here.
   *
   * @throws NoSubjectError outside of a request, and in one that acts for no user; TypeError where
   * `CountersignClientsModule` is not imported, which knows the requests.
   */
  asSubject<Service extends object>(service: string): Service {
    if (this.#contexts === undefined)
      throw new TypeError('asSubject() needs CountersignClientsModule, which knows the requests');
    return this.#service(service, this.#client.asSubject, this.#contexts.subject());
  }

  /**
   * Calls as a user who is not there, as `ServiceClient.asUser` does.
   * @param uri Canonical URI of the user.
   */
  asUser<Service extends object>(uri: string, service: string): Service {
    return this.#service(service, this.#client.asSubject, { uri });
  }

  /** Calls as this service itself, whoever it is that the current request acts for. */
  asSelf<Service extends object>(service: string): Service {
    return this.#service(service, this.#client.asSelf, undefined);
  }

  /** Closes the connections with the application that provides the client. */
  onApplicationShutdown(): void {
    this.#proxy.close();
  }

  #service<Service extends object>(
    name: string,
    source: TokenSource,
    subject: OutboundSubject | undefined,
  ): Service {
    const methods = this.#proxy.getService<Methods>(name);
    const definitions = this.#proxy.getClientByServiceName<Client>(name) as unknown as Record<
      string,
      PreparedGrpcCall['definition']
    >;
    const trace = this.#contexts?.trace() ?? {};
    const prepared = { client: this.#client, source, subject, trace };
    return Object.fromEntries(
      Object.entries(methods).map(([key, method]) => {
        const definition = definitions[key] as PreparedGrpcCall['definition'];
        const call = (message: unknown, metadata = new Metadata()) =>
          makeGrpcCall({ ...prepared, definition, method, message, metadata });
        return [key, call];
      }),
    ) as Service;
  }
}

/** Options that a factory makes, and what it needs. @publicApi */
export interface GrpcClientProviderOptions extends Pick<FactoryProvider, 'provide' | 'inject'> {
  readonly useFactory: (
    ...injected: never[]
  ) => CountersignGrpcClientOptions | Promise<CountersignGrpcClientOptions>;
}

/**
 * Provides a client for one service over gRPC. `asSubject()` works where `CountersignClientsModule` is
 * imported, too.
 *
 * @example
 * providers: [grpcClient({ provide: 'CENSUS', useFactory: () => ({ name: 'census', url: … }) })]
 * @publicApi
 */
export function grpcClient({
  provide,
  inject = [],
  useFactory,
}: GrpcClientProviderOptions): FactoryProvider<CountersignGrpcClient> {
  return {
    provide,
    inject: [{ token: CallContexts, optional: true }, ...inject],
    useFactory: async (...[contexts, ...injected]: [CallContexts | undefined, ...unknown[]]) =>
      new CountersignGrpcClient(await useFactory(...(injected as never[])), contexts),
  } as FactoryProvider<CountersignGrpcClient>;
}
