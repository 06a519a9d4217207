import { redactionPaths, withoutTokens } from '@countersign/auth';
import type { DestinationStream, Logger } from 'pino';
import { destination, pino } from 'pino';

import { describeError } from './describe-error.js';

/** Bytes of log kept while its reader does not read; what comes then is dropped. */
const maxBuffered = 4 * 1024 * 1024;

/**
 * A pino logger that writes JSON lines to standard output without ever blocking the service.
 * Names of secrets are redacted, and anything that looks like a JWT is cut out of every line.
 * @internal
 */
export function createLogger(name: string, level: string, stream?: DestinationStream): Logger {
  return pino(
    {
      name,
      level,
      base: { name, pid: process.pid },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (error: unknown) => describeError(error) },
      redact: { paths: redactionPaths(), censor: '[redacted]' },
      hooks: { streamWrite: withoutTokens },
    },
    // minLength 1: at 0 flush() does not wait for the line that is being written.
    stream ?? destination({ dest: 1, sync: false, minLength: 1, maxLength: maxBuffered }),
  );
}
