import { checkOption, toSeconds, type Duration } from '@countersign/token';

/** What a connection may cost. @publicApi */
export interface SocketLimitOptions {
  /** Longest message, in UTF-16 code units of its JSON: 1,048,576 by default, at most 10,000,000. */
  readonly maxMessageLength?: number;
  /** Longest time from the first byte of a message to its last: 30 s by default, at most 10 min. */
  readonly messageTimeout?: Duration;
  /**
   * Most bytes waiting for the other side to read them: 16 MiB by default, at most 1 GiB. Beyond, a
   * server ends the connection, and a client refuses to send more.
   */
  readonly maxUnsentBytes?: number;
}

/** The limits, validated. @internal */
export interface SocketLimits {
  readonly maxMessageLength: number;
  readonly messageTimeoutMs: number;
  readonly maxUnsentBytes: number;
}

/** @throws TypeError naming the option that is wrong. @internal */
export function socketLimits(options: SocketLimitOptions): SocketLimits {
  const { maxMessageLength = 1_048_576, maxUnsentBytes = 16_777_216 } = options;
  checkWhole(maxMessageLength, 'maxMessageLength', 10_000_000);
  checkWhole(maxUnsentBytes, 'maxUnsentBytes', 1_073_741_824);
  const seconds = toSeconds(options.messageTimeout ?? '30s', 'messageTimeout');
  checkOption(seconds > 0 && seconds <= 600, 'messageTimeout', 'be more than 0s, at most 10m');
  return { maxMessageLength, maxUnsentBytes, messageTimeoutMs: seconds * 1000 };
}

/** @throws TypeError unless the option is a whole number from 1 to `max`. @internal */
export function checkWhole(value: number, name: string, max: number): void {
  checkOption(
    Number.isSafeInteger(value) && value >= 1 && value <= max,
    name,
    `be a whole number from 1 to ${max}`,
  );
}
