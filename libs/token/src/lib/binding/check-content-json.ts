import { refuse } from '../refuse.js';
import { parseStrictJson } from '../strict-json.js';

/**
 * Refuses with BODY_MALFORMED JSON that two parsers could read differently: what was signed would
 * then not be what is done. No content at all is none of its business.
 * @internal
 */
export function checkContentJson(content: Uint8Array): void {
  if (content.byteLength === 0) return;
  try {
    parseStrictJson(content);
  } catch (error) {
    refuse('BODY_MALFORMED', {
      check: 'body',
      expected: 'strict JSON: UTF-8, no member twice, no __proto__, at most 16 levels',
      got: (error as SyntaxError).message,
      fix: 'send JSON that every parser reads alike',
    });
  }
}
