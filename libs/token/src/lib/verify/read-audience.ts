import { refuse } from '../refuse.js';
import type { ForeignRules } from '../trust/foreign/dialect.js';
import type { JsonObject, TrustedIssuer } from '../types.js';
import { foreignClient } from './foreign-client.js';

const most = 64;

/**
 * The `aud` of a token as a list (RFC 7519 section 4.1.3): a non-empty string, or 1 to 64 of them;
 * an empty list where the profile knows no audience.
 *
 * Refuses any other form with CLAIM_INVALID. Whether one of them is meant is for the rule to say.
 * @internal
 */
export function readAudience(claims: JsonObject, issuer: TrustedIssuer): readonly string[] {
  const { aud } = claims;
  if (aud === undefined && issuer.profile.audience === 'none') return [];
  if (aud === undefined && issuer.foreign?.missingAudience !== undefined)
    return audienceOfClient(claims, issuer.foreign.missingAudience, issuer);
  const audience: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (audience.length > 0 && audience.length <= most && audience.every(isText))
    return issuer.foreign === undefined ? audience : foreignAudience(audience, issuer.foreign);
  return refuse('CLAIM_INVALID', {
    check: 'audience',
    issuer: issuer.name,
    expected: `aud as a non-empty string, or 1 to ${most} of them`,
    got: Array.isArray(aud) ? `an array of ${aud.length}` : typeof aud,
  });
}

/** What the server calls us may be our own URI or a name that its entry translates. */
function foreignAudience(
  audience: readonly string[],
  { audiences }: ForeignRules,
): readonly string[] {
  return audience.map((name) => audiences[name] ?? name);
}

/** `aud-missing`: the client that a token was issued to, if it is a listed one, stands in for it. */
function audienceOfClient(
  claims: JsonObject,
  uri: string,
  issuer: TrustedIssuer,
): readonly string[] {
  const { dialect } = issuer.foreign as ForeignRules;
  const clientId = foreignClient(claims, dialect, issuer);
  if (Object.hasOwn(issuer.callers, clientId)) return [uri];
  return refuse('AUDIENCE_MISMATCH', {
    check: 'audience',
    issuer: issuer.name,
    expected: 'aud, or one of the callers of the trust entry as the client',
    got: clientId,
    fix: `list this client among the callers of ${issuer.name}`,
  });
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
