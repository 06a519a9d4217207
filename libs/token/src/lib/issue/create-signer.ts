/**
 * Outbound mirror of verify: what this process signs with. The private key stays in a closure, so
 * that no log, error or careless copy of a signer can hold it.
 */
import {
  constants,
  createHmac,
  createPrivateKey,
  createSecretKey,
  KeyObject,
  sign,
  type JsonWebKey,
  type SignKeyObjectInput,
} from 'node:crypto';
import { promisify } from 'node:util';

import type { Algorithm } from '../types.js';

/** Signs with one key and one algorithm; shows neither the key nor a way to it. @publicApi */
export interface Signer {
  readonly algorithm: Algorithm;
  readonly kid: string | undefined;
  /** The JWS signature of these bytes: at once, or from the thread pool where RSA is slow. */
  sign(input: Buffer): Buffer | Promise<Buffer>;
}

/** What {@link createSigner} needs. @publicApi */
export interface SignerOptions {
  readonly algorithm: Algorithm;
  /** Left out only where the receiver knows a single static key of this issuer. */
  readonly kid?: string | undefined;
  /** A private key, or the shared secret of an HS algorithm. */
  readonly privateKey: KeyObject | JsonWebKey;
}

type Sign = Signer['sign'];

interface Scheme {
  readonly fits: (key: KeyObject) => boolean;
  readonly signWith: (key: KeyObject) => Sign;
}

const signInPool = promisify(sign);

const schemes: Readonly<Record<Algorithm, Scheme>> = {
  RS256: rsa('sha256', { padding: constants.RSA_PKCS1_PADDING }),
  RS384: rsa('sha384', { padding: constants.RSA_PKCS1_PADDING }),
  RS512: rsa('sha512', { padding: constants.RSA_PKCS1_PADDING }),
  PS256: rsa('sha256', pss()),
  PS384: rsa('sha384', pss()),
  PS512: rsa('sha512', pss()),
  ES256: ecdsa('sha256', 'prime256v1'),
  ES384: ecdsa('sha384', 'secp384r1'),
  ES512: ecdsa('sha512', 'secp521r1'),
  EdDSA: {
    fits: (key) => key.asymmetricKeyType === 'ed25519',
    signWith: (key) => (input) => sign(null, input, key),
  },
  HS256: hmac('sha256', 32),
  HS384: hmac('sha384', 48),
  HS512: hmac('sha512', 64),
};

/**
 * Makes a signer of a private key; parses and checks the key here, once.
 *
 * Throws a `TypeError` for a key that does not fit the algorithm: another type or curve, a public
 * key, RSA under 2048 bits, a secret shorter than the hash (RFC 7518 sections 3.2 and 3.3), a JWK
 * whose `alg` or `kid` says otherwise; and for a `kid` that is empty or over 256 characters.
 *
 * @example
 * const { privateJwk } = await generateSigningKey('ES256');
 * const signer = createSigner({ algorithm: 'ES256', kid: privateJwk.kid, privateKey: privateJwk });
 * @publicApi
 */
export function createSigner({ algorithm, kid, privateKey }: SignerOptions): Signer {
  if (!Object.hasOwn(schemes, algorithm)) throw new TypeError('an algorithm we do not know');
  if (kid !== undefined && (kid === '' || kid.length > 256))
    throw new TypeError('kid must have 1 to 256 characters');
  if (!(privateKey instanceof KeyObject)) checkMembers(privateKey, algorithm, kid);
  const key = privateKey instanceof KeyObject ? privateKey : importKey(privateKey);
  const { fits, signWith } = schemes[algorithm];
  if (key.type === 'public' || !fits(key)) throw new TypeError(`no key for ${algorithm}`);
  return Object.freeze({ algorithm, kid, sign: signWith(key) });
}

function checkMembers(jwk: JsonWebKey, algorithm: Algorithm, kid: string | undefined): void {
  const { alg = algorithm, kid: ownKid = kid } = jwk as { alg?: unknown; kid?: unknown };
  if (alg !== algorithm) throw new TypeError(`the JWK is not for ${algorithm}`);
  if (ownKid !== kid) throw new TypeError('the JWK has another kid');
}

function importKey(jwk: JsonWebKey): KeyObject {
  try {
    if (jwk.kty === 'oct') return createSecretKey(jwk.k ?? '', 'base64url');
    return createPrivateKey({ key: jwk, format: 'jwk' });
  } catch {
    // OpenSSL's error is no help and may show what it read; the key must not reach a log.
    throw new TypeError('not a private JWK');
  }
}

function rsa(hash: string, options: Omit<SignKeyObjectInput, 'key'>): Scheme {
  return {
    fits: (key) =>
      Number(key.asymmetricKeyDetails?.modulusLength) >= 2048 && key.asymmetricKeyType === 'rsa',
    // About 1 ms of CPU: long enough to keep off the event loop.
    signWith: (key) => (input) => signInPool(hash, input, { key, ...options }),
  };
}

function pss(): Omit<SignKeyObjectInput, 'key'> {
  return {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  };
}

function ecdsa(hash: string, curve: string): Scheme {
  return {
    fits: (key) => key.asymmetricKeyDetails?.namedCurve === curve,
    signWith: (key) => (input) => sign(hash, input, { key, dsaEncoding: 'ieee-p1363' }),
  };
}

function hmac(hash: string, bytes: number): Scheme {
  return {
    fits: (key) => (key.symmetricKeySize ?? 0) >= bytes,
    signWith: (key) => (input) => createHmac(hash, key).update(input).digest(),
  };
}
