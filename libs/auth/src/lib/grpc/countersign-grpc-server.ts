import { Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import { GrpcMethodStreamingType, ServerGrpc, type GrpcOptions } from '@nestjs/microservices';
import { checkOption, refuseUnknownOptions } from '@countersign/token';

import { GATE, MessageGate } from '../context/message-gate.js';
import { answering, answeringCalls, type GrpcHandler } from './answer-calls.js';
import { within } from './within-call.js';
import {
  channelOptionsOf,
  grpcLimits,
  type GrpcLimitOptions,
  type GrpcLimits,
} from './grpc-limits.js';
import { receiveCalls } from './receive-calls.js';
import { keepingContents } from './request-content.js';
import { http2ServersOf, keepWholeCredentials } from './whole-metadata.js';

/** What a server serves, where, and what a call may cost. @publicApi */
export interface CountersignGrpcServerOptions
  extends
    GrpcLimitOptions,
    Pick<
      GrpcOptions['options'],
      'package' | 'protoPath' | 'packageDefinition' | 'loader' | 'gracefulShutdown'
    > {
  /** Where it listens, such as `127.0.0.1:5000`. */
  readonly url: string;
  /**
   * TLS, by `ServerCredentials.createSsl`; where that checks client certificates, tokens can be bound
   * to them. Plain text unless told.
   */
  readonly credentials?: ServerCredentials;
}

const known: Readonly<Record<keyof CountersignGrpcServerOptions, true>> = {
  url: true,
  package: true,
  protoPath: true,
  packageDefinition: true,
  loader: true,
  gracefulShutdown: true,
  credentials: true,
  maxMessageBytes: true,
  maxMetadataBytes: true,
  requestTimeout: true,
  maxConnections: true,
  maxCallsPerConnection: true,
  maxIdle: true,
  recheck: true,
};

/**
 * Nest's gRPC server as the guard needs it: the token in the metadata, the bytes of a request kept,
 * every limit explicit. A refusal is answered as a status (`UNAUTHENTICATED`, `PERMISSION_DENIED`,
 * `INVALID_ARGUMENT`, `RESOURCE_EXHAUSTED`, `UNAVAILABLE`) with `countersign-code` and
 * `countersign-decision` in the trailing metadata. `@Ctx()` is grpc-js's `Metadata`.
 *
 * @example
 * app.connectMicroservice({
 *   strategy: new CountersignGrpcServer({ url: '127.0.0.1:5000', package: 'census', protoPath }),
 * });
 * @throws TypeError naming the option that is wrong.
 * @publicApi
 */
export class CountersignGrpcServer extends ServerGrpc {
  /** @internal */
  readonly [GATE] = new MessageGate();
  readonly #credentials: ServerCredentials | undefined;
  readonly #limits: GrpcLimits;
  #port: number | undefined;

  constructor(options: CountersignGrpcServerOptions) {
    refuseUnknownOptions(options, known);
    const { url, package: name, protoPath, packageDefinition, loader, gracefulShutdown } = options;
    checkOption(typeof url === 'string' && url !== '', 'url', 'be the address to listen at');
    super({
      url,
      package: name,
      ...(protoPath !== undefined && { protoPath }),
      ...(packageDefinition !== undefined && { packageDefinition }),
      ...(loader !== undefined && { loader }),
      ...(gracefulShutdown !== undefined && { gracefulShutdown }),
    });
    this.#credentials = options.credentials;
    this.#limits = grpcLimits(options);
  }

  /** The port it listens at; undefined before it does. */
  get port(): number | undefined {
    return this.#port;
  }

  override async createClient(): Promise<Server> {
    const server = new Server({
      ...channelOptionsOf(this.#limits),
      interceptors: [receiveCalls(this[GATE], this.#limits)],
    });
    const credentials = this.#credentials ?? ServerCredentials.createInsecure();
    this.#port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(this.url, credentials, (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
    for (const one of http2ServersOf(server)) {
      keepWholeCredentials(one);
      (one as { maxConnections?: number }).maxConnections = this.#limits.maxConnections;
    }
    return server;
  }

  override getServiceNames(definitions: unknown): { name: string; service: GrpcService }[] {
    const services = super.getServiceNames(definitions) as { name: string; service: GrpcService }[];
    return services.map(({ name, service: { prototype, service } }) => ({
      name,
      service: { prototype, service: keepingContents(service) },
    }));
  }

  override createServiceMethod(
    handler: GrpcHandler,
    native: { readonly requestStream: boolean; readonly responseStream: boolean },
    streaming: GrpcMethodStreamingType,
  ) {
    const isCall = streaming === GrpcMethodStreamingType.PT_STREAMING;
    const own = within(this[GATE], handler);
    const answered = isCall ? answeringCalls(own) : answering(own);
    Object.defineProperty(answered, 'name', { value: handler.name });
    return super.createServiceMethod(answered, native, streaming);
  }
}

/** A service of a loaded definition. */
interface GrpcService {
  readonly prototype: object;
  readonly service: ServiceDefinition;
}
