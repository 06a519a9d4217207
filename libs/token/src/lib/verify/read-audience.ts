import { refuse } from '../refuse.js';
import type { JsonObject, TrustedIssuer } from '../types.js';

const most = 64;

/**
 * The `aud` of a token as a list (RFC 7519 section 4.1.3): a non-empty string, or 1 to 64 of them;
 * an empty list where the profile knows no audience.
 *
 * Refuses any other form with CLAIM_INVALID. Whether one of them is meant is for the rule to say.
 * @internal
 */
export function readAudience({ aud }: JsonObject, issuer: TrustedIssuer): readonly string[] {
  if (aud === undefined && issuer.profile.audience === 'none') return [];
  const audience: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (audience.length > 0 && audience.length <= most && audience.every(isText)) return audience;
  return refuse('CLAIM_INVALID', {
    check: 'audience',
    issuer: issuer.name,
    expected: `aud as a non-empty string, or 1 to ${most} of them`,
    got: Array.isArray(aud) ? `an array of ${aud.length}` : typeof aud,
  });
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
