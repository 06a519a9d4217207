import {
  constants,
  createHmac,
  timingSafeEqual,
  verify,
  type KeyObject,
  type VerifyKeyObjectInput,
} from 'node:crypto';

import type { Algorithm, ParsedToken, VerificationKey } from '../types.js';

/** Whether `signature` over `input` holds under a key of the right kind. */
type Scheme = (input: Buffer, signature: Buffer, key: KeyObject) => boolean;

const schemes: Readonly<Record<Algorithm, Scheme>> = {
  RS256: rsa('sha256'),
  RS384: rsa('sha384'),
  RS512: rsa('sha512'),
  PS256: pss('sha256'),
  PS384: pss('sha384'),
  PS512: pss('sha512'),
  ES256: ecdsa('sha256', 'prime256v1', 64),
  ES384: ecdsa('sha384', 'secp384r1', 96),
  ES512: ecdsa('sha512', 'secp521r1', 132),
  EdDSA: ed25519,
  HS256: hmac('sha256'),
  HS384: hmac('sha384'),
  HS512: hmac('sha512'),
};

/**
 * Whether the signature of a parsed token holds under this key (RFC 7515 section 5.2).
 *
 * The key's algorithm decides how; a header that names another one, and a key object that does not
 * fit its algorithm, never verify. Synchronous, with the KeyObject as it is kept.
 * @publicApi
 */
export function verifySignature(
  parsed: Pick<ParsedToken, 'header' | 'signingInput' | 'signature'>,
  { algorithm, key }: VerificationKey,
): boolean {
  if (parsed.header['alg'] !== algorithm) return false;
  return schemes[algorithm](parsed.signingInput, parsed.signature, key);
}

/** RFC 7518 section 3.3. */
function rsa(hash: string): Scheme {
  return (input, signature, key) =>
    key.asymmetricKeyType === 'rsa' &&
    verify(hash, input, withOptions(key, { padding: constants.RSA_PKCS1_PADDING }), signature);
}

/** RFC 7518 section 3.5: MGF1 with the same hash, a salt as long as the hash. */
function pss(hash: string): Scheme {
  const options = {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  };
  return (input, signature, key) =>
    key.asymmetricKeyType === 'rsa' && verify(hash, input, withOptions(key, options), signature);
}

/** RFC 7518 section 3.4: R and S side by side, each as long as the order of the curve. */
function ecdsa(hash: string, curve: string, length: number): Scheme {
  return (input, signature, key) =>
    key.asymmetricKeyDetails?.namedCurve === curve &&
    signature.length === length &&
    verify(hash, input, withOptions(key, { dsaEncoding: 'ieee-p1363' }), signature);
}

/** RFC 8037 section 3.1; of its two curves Ed25519 only. */
function ed25519(input: Buffer, signature: Buffer, key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ed25519' && verify(null, input, key, signature);
}

/** RFC 7518 section 3.2. A public key is never a secret: the confusion of CVE-2016-10555. */
function hmac(hash: string): Scheme {
  return (input, signature, key) => {
    if (key.type !== 'secret') return false;
    const expected = createHmac(hash, key).update(input).digest();
    return expected.length === signature.length && timingSafeEqual(expected, signature);
  };
}

function withOptions(
  key: KeyObject,
  options: Omit<VerifyKeyObjectInput, 'key'>,
): VerifyKeyObjectInput {
  return { key, ...options };
}
