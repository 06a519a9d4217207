import type { AccessError } from '@countersign/token';

import { challengeOf, type Challenger } from './challenge.js';

/**
 * The header fields of a refusal: challenge of RFC 6750 and RFC 9449, `DPoP-Nonce` where a proof lacks
 * one, `Retry-After` for 503; never cached.
 * @internal
 */
export function refusalHeaders(
  error: AccessError,
  challenger: Challenger,
): Readonly<Record<string, string>> {
  const challenge = challengeOf(error, challenger);
  return {
    ...(challenge !== undefined && { 'WWW-Authenticate': challenge }),
    ...(error.nonce && { 'DPoP-Nonce': error.nonce }),
    ...(error.status === 503 && { 'Retry-After': String(error.retryAfter ?? 1) }),
    'Cache-Control': 'no-store',
    'Content-Type': 'application/problem+json',
  };
}
