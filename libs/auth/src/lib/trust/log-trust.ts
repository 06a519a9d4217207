import { Logger } from '@nestjs/common';
import type { TrustEvent, TrustedIssuer, TrustRegistry } from '@countersign/token';

const logger = new Logger('Countersign');

/** Logs what changes about whom the service trusts, and when it can no longer be told. @internal */
export function logTrust(event: TrustEvent): void {
  const { location } = event;
  switch (event.kind) {
    case 'replaced': {
      const { added, changed, removed } = event;
      return logger.warn({ event: 'trust.replaced', location, added, changed, removed });
    }
    case 'recovered':
      return logger.warn({ event: 'trust.recovered', location });
    case 'failed':
      return logger.error({
        event: 'trust.failed',
        location,
        failures: event.failures,
        cause: event.error instanceof Error ? event.error.message : 'unknown',
        then: 'everybody is trusted as before',
      });
  }
}

/** Says which checks are given up for which issuers: nothing is relaxed silently. @internal */
export function logRelaxed(issuers: readonly TrustedIssuer[]): void {
  for (const { name, foreign } of issuers) {
    const relaxations = foreign?.relaxations ?? [];
    if (relaxations.length > 0) logger.warn({ event: 'trust.relaxed', issuer: name, relaxations });
  }
}

/** The issuers that a change made, or made anew. @internal */
export function changedBy(
  { added, changed }: Extract<TrustEvent, { kind: 'replaced' }>,
  { issuers }: TrustRegistry,
): readonly TrustedIssuer[] {
  return issuers.filter(({ name }) => added.includes(name) || changed.includes(name));
}
