import { RecentMap } from '../cache/recent-map.js';
import { AccessError } from '../errors.js';
import { jwkThumbprint } from '../issue/jwk-thumbprint.js';
import { importVerificationKey } from '../keys/import-verification-key.js';
import type { Algorithm, Json, KeyStore, VerificationKey } from '../types.js';

/**
 * Keys that were good lately: a sender has one for all its proofs, and to read it costs as much as to
 * verify with it. Says nothing of who holds a key, so a process may keep it for all.
 */
const recent = new RecentMap<VerificationKey>(1024);
const thumbprints = new WeakMap<VerificationKey, string>();

/**
 * The key that a proof names itself, as `jwk` of its header (RFC 9449 section 4.2): a public key, read
 * as strictly as one of a key set, and not before everything cheaper holds.
 *
 * Refuses with KEY_UNKNOWN one that is missing, private, symmetric, weak or malformed, or not for the
 * algorithm of the header.
 * @internal
 */
export function keyInHeader(jwk: Json | undefined): KeyStore {
  return { find: ({ algorithm }) => keyOf(jwk, algorithm) };
}

/** The thumbprint of such a key (RFC 7638), as `cnf.jkt` has it; made once for each key. @internal */
export function thumbprintOf(key: VerificationKey): string {
  const known = thumbprints.get(key);
  if (known !== undefined) return known;
  const thumbprint = jwkThumbprint(key.key.export({ format: 'jwk' }));
  thumbprints.set(key, thumbprint);
  return thumbprint;
}

function keyOf(jwk: Json | undefined, algorithm: Algorithm): VerificationKey {
  const name = `${algorithm} ${JSON.stringify(jwk)}`;
  const known = recent.get(name);
  if (known !== undefined) return known;
  const key = imported(jwk, algorithm);
  recent.set(name, key);
  return key;
}

function imported(jwk: Json | undefined, algorithm: Algorithm): VerificationKey {
  try {
    return importVerificationKey(jwk, [algorithm]);
  } catch (cause) {
    throw new AccessError('KEY_UNKNOWN', {
      cause,
      detail: {
        check: 'jwk',
        expected: `a public key for ${algorithm} in the header`,
        got: (cause as Error).message,
        fix: 'send the public key, and nothing of the private one, as jwk',
      },
    });
  }
}
