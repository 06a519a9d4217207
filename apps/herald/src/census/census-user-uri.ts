const CANONICAL_ID = /^[1-9][0-9]{0,15}$/;

/**
 * Whether a URI is that of a Census user, written as Census itself writes it:
 * `<CENSUS_URL>user/<id>/` and not one character else.
 *
 * Compared as text, so that no parser can be talked into another host: what passes is ours
 * character by character, and only that may be sent a token.
 */
export function isCensusUserUri(censusUrl: string, uri: string): boolean {
  const prefix = `${censusUrl}user/`;
  if (!uri.startsWith(prefix) || !uri.endsWith('/')) return false;
  const id = uri.slice(prefix.length, -1);
  return CANONICAL_ID.test(id) && Number.isSafeInteger(Number(id));
}
