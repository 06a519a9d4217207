import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';

import { describeError } from './describe-error.js';

/** Nest's own chatter while it starts: of interest to nobody who runs the app. */
const chatter = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'trace';

/**
 * Nest's LoggerService on pino. A plain object becomes members of the line; its `event`, if any,
 * the message.
 *
 * @example
 * new Logger('TokenController').log({ event: 'token.issued', client: 'herald' });
 * @internal
 */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest passes (message, …more, stack?, context?); all but the message are strings then. */
  private write(level: Level, message: unknown, rest: readonly unknown[]): void {
    const context = rest.at(-1);
    const effective =
      level === 'info' && typeof context === 'string' && chatter.has(context) ? 'debug' : level;
    if (!this.logger.isLevelEnabled(effective)) return;
    this.logger[effective](
      { ...(typeof context === 'string' ? { context } : {}), ...members(message, rest) },
      textOf(message),
    );
  }
}

function members(message: unknown, rest: readonly unknown[]): object {
  const error = [message, ...rest].find((value) => value instanceof Error);
  if (error) return { err: error };
  if (typeof message === 'object' && message !== null) return message;
  const stack = rest.find((value) => typeof value === 'string' && value.includes('\n    at '));
  return stack ? { stack } : {};
}

function textOf(message: unknown): string {
  if (message instanceof Error) return describeError(message).message;
  if (typeof message !== 'object' || message === null) return String(message);
  const { event, msg } = message as { event?: unknown; msg?: unknown };
  return String(event ?? msg ?? '');
}
