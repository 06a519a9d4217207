import type { JsonWebKey } from 'node:crypto';

import type { Algorithm, KeyStore, VerificationKey } from '../types.js';
import { answerQuery, unknownKey } from './answer-query.js';
import { importVerificationKey } from './import-verification-key.js';
import type { ImportOptions } from './import-verification-key.js';
import { UnusableKeyError } from './unusable-key-error.js';

/**
 * A key store over keys from configuration. A single key may lack `kid`, and tokens for it may too.
 *
 * Refuses with a TypeError, at boot: no key at all, a key that cannot be used (naming why), several
 * keys of which one lacks `kid` or shares it.
 *
 * @example
 * const store = staticKeys([publicJwk], ['ES256']);
 * @publicApi
 */
export function staticKeys(
  jwks: readonly JsonWebKey[],
  algorithms: readonly Algorithm[],
  options: ImportOptions = {},
): KeyStore {
  const keys = jwks.map((jwk, index) => importConfigured(jwk, index, algorithms, options));
  const byKid = new Map(keys.map((key) => [key.kid, key]));
  const [first] = keys;
  if (first === undefined) throw new TypeError('jwks must hold at least one key');
  if (keys.length > 1 && (byKid.size < keys.length || byKid.has(undefined))) {
    throw new TypeError('jwks: each of several keys needs a kid of its own');
  }
  const single = keys.length === 1 ? first : undefined;

  return Object.freeze<KeyStore>({
    keys: Object.freeze(keys),
    find: (query) => {
      const isUnnamed = single?.kid === undefined || query.kid === undefined;
      const key = (isUnnamed ? single : undefined) ?? byKid.get(query.kid);
      // A key without kid is the single one, which was just found.
      if (key === undefined) throw unknownKey(query, byKid.keys() as Iterable<string>);
      return answerQuery(key, query);
    },
  });
}

/** The store of an issuer that has no keys: it is asked about its tokens. @internal */
export const noKeys: KeyStore = Object.freeze<KeyStore>({
  keys: Object.freeze([]),
  find: (query) => {
    throw unknownKey(query, []);
  },
});

function importConfigured(
  jwk: JsonWebKey,
  index: number,
  algorithms: readonly Algorithm[],
  options: ImportOptions,
): VerificationKey {
  try {
    return importVerificationKey(jwk, algorithms, options);
  } catch (cause) {
    if (!(cause instanceof UnusableKeyError)) throw cause;
    throw new TypeError(`jwks[${index}] cannot be used: ${cause.fault}`, { cause });
  }
}
