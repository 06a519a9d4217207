import { Logger } from '@nestjs/common';
import type { RevocationEvent } from '@countersign/token';

import { isPowerOfTwo } from '../is-power-of-two.js';

const logger = new Logger('Countersign');

/**
 * Logs what happens to a revocation feed: the first failure and then fewer and fewer, but every
 * time that knowledge grows too old.
 * @internal
 */
export function logRevocation(event: RevocationEvent): void {
  const { issuer } = event;
  switch (event.kind) {
    case 'followed':
      return logger.log({ event: 'revocation.followed', issuer, by: event.by });
    case 'fresh':
      return logger.warn({ event: 'revocation.fresh', issuer });
    case 'stale':
      return logger.error({
        event: 'revocation.stale',
        issuer,
        age: Number.isFinite(event.age) ? Math.floor(event.age) : 'never heard',
        then: event.onStale === 'refuse' ? 'requests are refused' : 'revoked tokens may pass',
      });
    case 'failed':
      if (!isPowerOfTwo(event.failures)) return;
      return logger.warn({
        event: 'revocation.failed',
        issuer,
        failures: event.failures,
        cause: event.error instanceof Error ? event.error.message : 'unknown',
      });
  }
}
