import { checkOption, refuseUnknownOptions, toSeconds, type Duration } from '@countersign/token';

import { checkWhole } from '../messages/socket-limits.js';

/** Who may connect from where, and what a connection may cost. @publicApi */
export interface WebSocketLimitOptions {
  /** Longest message, in bytes: 64 KiB by default, at most 64 MiB. */
  readonly maxMessageBytes?: number;
  /** Most connections at a time, those that are being decided included: 1,000 by default. */
  readonly maxConnections?: number;
  /**
   * How often the token of a connection is looked at again, for instance because it was revoked: every
   * 30 s by default, at most 10 min. Its expiry ends the connection at once.
   */
  readonly recheck?: Duration;
  /**
   * Origins of the pages that may connect, such as `https://app.example`; browsers say theirs. `any` by
   * default: a page of another origin has no token, and nothing else is believed.
   */
  readonly origins?: readonly string[] | 'any';
}

/** The same, validated. @internal */
export interface WebSocketLimits {
  readonly maxMessageBytes: number;
  readonly maxConnections: number;
  readonly recheckMs: number;
  readonly origins: ReadonlySet<string> | 'any';
}

const known: Readonly<Record<keyof WebSocketLimitOptions, true>> = {
  maxMessageBytes: true,
  maxConnections: true,
  recheck: true,
  origins: true,
};

/** @throws TypeError naming the option that is wrong. @internal */
export function webSocketLimits(options: WebSocketLimitOptions): WebSocketLimits {
  refuseUnknownOptions(options, known);
  const { maxMessageBytes = 65_536, maxConnections = 1_000, origins = 'any' } = options;
  checkWhole(maxMessageBytes, 'maxMessageBytes', 67_108_864);
  checkWhole(maxConnections, 'maxConnections', 1_000_000);
  const seconds = toSeconds(options.recheck ?? '30s', 'recheck');
  checkOption(seconds > 0 && seconds <= 600, 'recheck', 'be more than 0s, at most 10m');
  checkOption(
    origins === 'any' || origins.every(isOrigin),
    'origins',
    "be 'any', or origins such as https://app.example",
  );
  return {
    maxMessageBytes,
    maxConnections,
    recheckMs: seconds * 1000,
    origins: origins === 'any' ? 'any' : new Set(origins),
  };
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}
