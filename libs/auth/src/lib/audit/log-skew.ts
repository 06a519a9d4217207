import { Logger } from '@nestjs/common';
import type { IssuerSkew } from '@countersign/token';

/** Tells of an issuer whose clock is ahead of ours. @internal */
export function logSkew({ issuer, secondsAhead }: IssuerSkew): void {
  new Logger('Countersign').warn({
    event: 'clock.skew',
    issuer,
    secondsAhead,
    then: `this service is at least ${secondsAhead} s behind ${issuer}: compare both with the right time`,
  });
}
