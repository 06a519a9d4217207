import type { JsonWebKey } from 'node:crypto';

import { checkOption } from '../check-option.js';
import { refuse } from '../refuse.js';
import { decryptionFailed, decryptJwe } from './decrypt-jwe.js';
import { importDecryptionKey } from './encryption-key.js';
import type { EncryptionKey } from './encryption-key.js';
import { parseCompactJwe } from './parse-compact-jwe.js';
import type { CompactJwe } from './parse-compact-jwe.js';

/** The private keys that tokens for this service may be encrypted to. @publicApi */
export interface DecryptionKeys {
  /** The text inside a compact JWE of at most `maxBytes`; the caller verifies it as a signed JWT. */
  decrypt(token: string, maxBytes: number): Promise<string>;
  /**
   * Goes on with these keys instead, from the next token on; throws as {@link decryptionKeys} does,
   * and then nothing has changed. A token that a key opened before may be remembered for as long as
   * the `maxAge` of the token cache.
   */
  replace(jwks: readonly JsonWebKey[]): void;
}

/** The keys at one time, ready to be found. */
interface KeySet {
  readonly byKid: ReadonlyMap<string | undefined, EncryptionKey>;
  /** The key of a set that has no other. */
  readonly only: EncryptionKey | undefined;
}

const mostKeys = 16;

/**
 * Makes private JWKs into what decrypts tokens; several, while keys rotate, each with a `kid`. A
 * single one may lack `kid`, and tokens for it may too. `replace` changes them while the process
 * runs: publish the new key once both are here, and drop the old one when no token for it is left.
 *
 * Refuses with a TypeError, at boot: no key or more than 16, one that is not private, for
 * signatures, of another type or curve than RSA, P-256, P-384 and P-521, and several of which one
 * lacks `kid` or shares it. `decrypt` rejects with TOKEN_MALFORMED for a broken form, and with
 * DECRYPTION_FAILED for another algorithm than `ECDH-ES`, `ECDH-ES+A256KW`, `RSA-OAEP-256` with
 * `A256GCM`, `A128GCM`, `A256CBC-HS512`, for a key that is not here, and for whatever does not
 * decrypt, without saying which step failed.
 * @publicApi
 */
export function decryptionKeys(jwks: readonly JsonWebKey[]): DecryptionKeys {
  let keys = keySetOf(jwks);

  const decrypt = async (token: string, maxBytes: number): Promise<string> => {
    const jwe = parseCompactJwe(token, maxBytes);
    checkContentType(jwe);
    const key = find(keys, jwe.kid);
    if (key === undefined)
      return decryptionFailed({
        expected: 'the kid of a decryption key of this service',
        got: jwe.kid ?? '',
      });
    return (await decryptJwe(token, jwe, key)).toString('latin1');
  };
  const replace = (next: readonly JsonWebKey[]): void => {
    keys = keySetOf(next);
  };
  return Object.freeze({ decrypt, replace });
}

function keySetOf(jwks: readonly JsonWebKey[]): KeySet {
  checkOption(
    Array.isArray(jwks) && jwks.length >= 1 && jwks.length <= mostKeys,
    'decryption',
    `be 1 to ${mostKeys} private JWKs`,
  );
  const keys = jwks.map((jwk, index) => importDecryptionKey(jwk, `decryption[${index}]`));
  const byKid = new Map(keys.map((key) => [key.kid, key]));
  checkOption(
    keys.length === 1 || (byKid.size === keys.length && !byKid.has(undefined)),
    'decryption',
    'give each of several keys a kid of its own',
  );
  return { byKid, only: keys.length === 1 ? keys[0] : undefined };
}

function find({ byKid, only }: KeySet, kid: string | undefined): EncryptionKey | undefined {
  const isUnnamed = only?.kid === undefined || kid === undefined;
  return (isUnnamed ? only : undefined) ?? byKid.get(kid);
}

/** RFC 7519 section 5.2: what is inside must be a signed JWT, and says so. */
function checkContentType({ cty }: CompactJwe): void {
  if (cty !== undefined && ['jwt', 'application/jwt'].includes(cty.toLowerCase())) return;
  refuse('TOKEN_MALFORMED', {
    check: 'encryption.header',
    expected: 'cty JWT: a signed JWT inside',
  });
}
