/**
 * Whether a token may be a JWT, well-formed or not: it has parts, and the first is base64url of
 * something that begins like a JSON object. In doubt it is one, so that what another issuer signed
 * is never shown to a server that is asked about opaque tokens.
 * @internal
 */
export function looksSigned(token: string): boolean {
  const end = token.indexOf('.');
  if (end < 1) return false;
  // Leniently, as a server that repairs tokens might.
  const start = Buffer.from(token.slice(0, Math.min(end, 64)), 'base64url').toString('latin1');
  return /^[\s\xef\xbb\xbf]*\{/.test(start);
}
