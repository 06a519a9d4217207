/**
 * Decodes base64url (RFC 4648 section 5) as RFC 7515 section 2 wants it: without padding.
 *
 * Answers `undefined` for every text but the one canonical spelling of its bytes: padding, blanks,
 * the standard alphabet, other characters, an impossible length, unused bits that are set. Two
 * spellings of one token would be two tokens to a cache or a replay store.
 * @internal
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  // Node skips what it cannot read; only canonical text comes back as it was.
  return bytes.toString('base64url') === text ? bytes : undefined;
}
