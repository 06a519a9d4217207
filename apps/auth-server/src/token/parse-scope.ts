import { TokenError } from './token-error.js';

// RFC 6749 section 3.3: scope-token *( SP scope-token ), NQCHAR without the space.
const grammar = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

/** The scopes of a `scope` parameter, each once. Refuses (`invalid_scope`) what breaks the grammar. */
export function parseScope(value: string): readonly string[] {
  if (!grammar.test(value)) {
    throw new TokenError('invalid_scope', { reason: 'the scope breaks its grammar' });
  }
  return [...new Set(value.split(' '))];
}
