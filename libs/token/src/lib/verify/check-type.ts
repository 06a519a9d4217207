import { refuse } from '../refuse.js';
import type { Json, JsonObject, TrustedIssuer } from '../types.js';

/**
 * Tells kinds of JWT apart by `typ` (RFC 8725 section 3.11).
 *
 * Compared in lower case and without `application/` (RFC 7515 section 4.1.9) with the types of the
 * issuer's profile, of which `null` stands for a missing `typ`. Refuses with TYPE_MISMATCH.
 * @internal
 */
export function checkType({ typ }: JsonObject, issuer: TrustedIssuer): void {
  const { types } = issuer.profile;
  const got = typ === undefined ? null : shortType(typ);
  if (got !== undefined && types.includes(got)) return;
  refuse('TYPE_MISMATCH', {
    check: 'type',
    issuer: issuer.name,
    expected: types,
    got: got === undefined ? `typ as ${typeof typ}` : got,
    fix: `send a token of the kind ${issuer.profile.name}`,
  });
}

function shortType(typ: Json): string | undefined {
  return typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : undefined;
}
