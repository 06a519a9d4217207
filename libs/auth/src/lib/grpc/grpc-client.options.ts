import type { ChannelCredentials, ChannelOptions } from '@grpc/grpc-js';
import type { GrpcOptions } from '@nestjs/microservices';
import {
  checkOption,
  isLoopbackHost,
  isScopeToken,
  refuseUnknownOptions,
  type Duration,
  type TokenSource,
} from '@countersign/token';

import { checkWhole } from '../messages/socket-limits.js';
import {
  checkedTimeout,
  sourcesOf,
  type ServiceClientOptions,
} from '../outbound/service-client.options.js';

/** A service that this one calls over gRPC. @publicApi */
export interface CountersignGrpcClientOptions extends Pick<
  GrpcOptions['options'],
  'package' | 'protoPath' | 'packageDefinition' | 'loader'
> {
  /** What errors call the service. */
  readonly name: string;
  /** Host and port, such as `census.internal:5000`. */
  readonly url: string;
  /** The `aud` of tokens, and what `htu` of bound ones begins with. */
  readonly audience: string;
  /** What is asked for with every call. */
  readonly scopes?: readonly string[];
  /** Where tokens come from: one source for both, or one for calls as the user and one as ourselves. */
  readonly source: ServiceClientOptions['source'];
  /** Signs a token for each call: its method and message. The source must be able to. */
  readonly bound?: boolean;
  /** For a call with one request and one answer, tokens and attempts too: 5 s unless told, at most 5 min. */
  readonly timeout?: Duration;
  /** Longest message that is read, in bytes: 1 MiB unless told, at most 64 MiB. */
  readonly maxMessageBytes?: number;
  /** TLS, by `credentials.createSsl`. */
  readonly credentials?: ChannelCredentials;
  /** Sends tokens in clear text to a host that is not this machine: only inside a network you trust. */
  readonly allowPlaintext?: boolean;
}

/** The options, checked once. @internal */
export interface ResolvedGrpcClient {
  readonly name: string;
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly asSubject: TokenSource;
  readonly asSelf: TokenSource;
  readonly bound: boolean;
  /** Milliseconds. */
  readonly timeout: number;
  readonly channelOptions: ChannelOptions;
}

const known: Readonly<Record<keyof CountersignGrpcClientOptions, true>> = {
  name: true,
  url: true,
  package: true,
  protoPath: true,
  packageDefinition: true,
  loader: true,
  audience: true,
  scopes: true,
  source: true,
  bound: true,
  timeout: true,
  maxMessageBytes: true,
  credentials: true,
  allowPlaintext: true,
};

/** @throws TypeError naming the option that is wrong. @internal */
export function resolveGrpcClient(options: CountersignGrpcClientOptions): ResolvedGrpcClient {
  refuseUnknownOptions(options, known);
  const { name, audience, scopes = [], bound = false, maxMessageBytes = 1_048_576 } = options;
  checkOption(typeof name === 'string' && name !== '', 'name', 'say what the service is called');
  checkOption(URL.canParse(audience), 'audience', 'be an absolute URI');
  checkOption(scopes.every(isScopeToken), 'scopes', 'be scope-tokens');
  checkWhole(maxMessageBytes, 'maxMessageBytes', 67_108_864);
  checkConnection(options);
  return Object.freeze({
    name,
    audience,
    scopes,
    bound,
    ...sourcesOf(options, 'source'),
    timeout: checkedTimeout(options.timeout ?? '5s'),
    channelOptions: {
      'grpc.max_receive_message_length': maxMessageBytes,
      // What stands in the environment or in the DNS must not lead tokens elsewhere.
      'grpc.enable_http_proxy': 0,
      'grpc.service_config_disable_resolution': 1,
    },
  });
}

function checkConnection({
  url,
  credentials,
  allowPlaintext = false,
}: CountersignGrpcClientOptions) {
  // Resolvers of other schemes could answer any address.
  const [, host] = /^([a-z0-9.-]+|\[[0-9a-f:.]+\]):\d{1,5}$/i.exec(url) ?? [];
  if (host === undefined) return checkOption(false, 'url', 'be host:port');
  const isSafe = credentials?._isSecure() === true || isLoopbackHost(host);
  checkOption(
    isSafe || allowPlaintext,
    'credentials',
    'be of TLS, unless allowPlaintext says otherwise',
  );
}
