import type { JsonObject } from '@countersign/token';

/** What the shell learns: part of the command's interface, stable. */
export const exitCodes = {
  done: 0,
  /** The server decided, and said no. */
  refused: 1,
  /** The command line is wrong; nothing was sent. */
  usage: 2,
  /** Nobody decided: no connection, no answer in time, or a server that is not able to. */
  unreachable: 3,
  /** Address, client, secret or their files are missing or wrong; nothing was sent. */
  configuration: 4,
} as const;

/** Why a command ended without its result. */
export type FailureKind = Exclude<keyof typeof exitCodes, 'done'>;

/** What a failure may say besides its message. */
export interface CliErrorOptions {
  /** What the reader can do about it: a whole sentence. */
  readonly fix?: string | undefined;
  /** The server's own words (RFC 9457). */
  readonly problem?: JsonObject | undefined;
  readonly cause?: unknown;
}

/** A command that failed for a reason its user can understand; never holds a secret or a token. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly fix: string | undefined;
  readonly problem: JsonObject | undefined;

  constructor(
    readonly kind: FailureKind,
    message: string,
    options: CliErrorOptions = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.fix = options.fix;
    this.problem = options.problem;
  }
}
