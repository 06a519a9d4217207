import type { ChannelOptions } from '@grpc/grpc-js';
import { checkOption, toSeconds, type Duration } from '@countersign/token';

import { checkWhole } from '../messages/socket-limits.js';

/** What a connection, and a call on it, may cost. @publicApi */
export interface GrpcLimitOptions {
  /** Longest message, in bytes of its protobuf once unpacked: 1 MiB by default, at most 64 MiB. */
  readonly maxMessageBytes?: number;
  /** Most metadata of a call, names and values together: 16 KiB by default, at most 64,000 bytes. */
  readonly maxMetadataBytes?: number;
  /**
   * Longest time from the beginning of a call to the end of its one request message: 30 s by default,
   * at most 10 min. Requests that are streams may take their time.
   */
  readonly requestTimeout?: Duration;
  /** Most connections at a time; further ones are closed: 1,000 by default. */
  readonly maxConnections?: number;
  /** Most calls at a time on one connection; further ones wait at the client: 100 by default. */
  readonly maxCallsPerConnection?: number;
  /** How long a connection without calls is kept: 5 min by default, at most 1 h. */
  readonly maxIdle?: Duration;
  /**
   * How often the token of a call that lasts (a stream) is looked at again, for instance because it was
   * revoked: every 30 s by default, at most 10 min. Its expiry ends the call at once.
   */
  readonly recheck?: Duration;
}

/** The limits, validated. @internal */
export interface GrpcLimits {
  readonly maxMessageBytes: number;
  readonly maxMetadataBytes: number;
  readonly maxConnections: number;
  readonly maxCallsPerConnection: number;
  readonly requestTimeoutMs: number;
  readonly maxIdleMs: number;
  readonly recheckMs: number;
}

/** Node ends streams with more than this by itself, in words of HTTP/2. */
const MOST_METADATA = 64_000;

/** @throws TypeError naming the option that is wrong. @internal */
export function grpcLimits(options: GrpcLimitOptions): GrpcLimits {
  const { maxMessageBytes = 1_048_576, maxMetadataBytes = 16_384 } = options;
  const { maxConnections = 1_000, maxCallsPerConnection = 100 } = options;
  checkWhole(maxMessageBytes, 'maxMessageBytes', 67_108_864);
  checkWhole(maxMetadataBytes, 'maxMetadataBytes', MOST_METADATA);
  checkWhole(maxConnections, 'maxConnections', 1_000_000);
  checkWhole(maxCallsPerConnection, 'maxCallsPerConnection', 10_000);
  return {
    maxMessageBytes,
    maxMetadataBytes,
    maxConnections,
    maxCallsPerConnection,
    requestTimeoutMs: milliseconds(options.requestTimeout ?? '30s', 'requestTimeout', 600),
    maxIdleMs: milliseconds(options.maxIdle ?? '5m', 'maxIdle', 3_600),
    recheckMs: milliseconds(options.recheck ?? '30s', 'recheck', 600),
  };
}

/** The same in the words of grpc-js. @internal */
export function channelOptionsOf(limits: GrpcLimits): ChannelOptions {
  return {
    'grpc.max_receive_message_length': limits.maxMessageBytes,
    'grpc.max_concurrent_streams': limits.maxCallsPerConnection,
    'grpc.max_connection_idle_ms': limits.maxIdleMs,
    // Finds out about clients that vanished without a word; else each would stay a connection.
    'grpc.keepalive_time_ms': 60_000,
    'grpc.keepalive_timeout_ms': 20_000,
  };
}

function milliseconds(duration: Duration, option: string, most: number): number {
  const seconds = toSeconds(duration, option);
  checkOption(seconds > 0 && seconds <= most, option, `be more than 0s, at most ${most}s`);
  return seconds * 1000;
}
