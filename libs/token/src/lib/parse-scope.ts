const token = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/**
 * Whether a value is one scope-token of RFC 6749 section 3.3: visible ASCII without quote and
 * backslash. A comma belongs to it.
 * @publicApi
 */
export function isScopeToken(value: unknown): value is string {
  return typeof value === 'string' && token.test(value);
}

/**
 * The scopes of a `scope` parameter or claim (RFC 6749 section 3.3), each once: scope-tokens with
 * one space between. Anything else (TAB, two spaces, a space at an end, an empty text) is
 * `undefined`.
 * @publicApi
 */
export function parseScope(text: string): readonly string[] | undefined {
  const tokens = text.split(' ');
  return tokens.every(isScopeToken) ? [...new Set(tokens)] : undefined;
}
