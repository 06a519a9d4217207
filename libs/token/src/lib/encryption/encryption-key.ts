import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';

import { checkOption } from '../check-option.js';
import { decodeBase64url } from '../decode-base64url.js';
import { agreementCurves, keyManagementAlgorithms } from './encryption-algorithms.js';
import type { KeyManagementAlgorithm } from './encryption-algorithms.js';

/** One half of a key pair that tokens are encrypted to. @internal */
export interface EncryptionKey {
  readonly kid: string | undefined;
  /** The algorithms that it may be used with: one, if its JWK names it. */
  readonly algorithms: readonly KeyManagementAlgorithm[];
  readonly key: KeyObject;
}

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/**
 * Imports the public half, which tokens are encrypted with.
 *
 * Throws a TypeError that names `option`: a private key, a key for signatures, a type or curve other
 * than RSA (2048 to 8192 bits), P-256, P-384 and P-521, an `alg` that is not supported.
 * @internal
 */
export function importPublicEncryptionKey(
  jwk: JsonWebKey,
  option = 'encryptionKey',
): EncryptionKey {
  const isPrivate = privateMembers.some((name) => Object.hasOwn(jwk, name));
  checkOption(!isPrivate, option, 'be a public key');
  return importKey(jwk, option, () => createPublicKey({ key: jwk, format: 'jwk' }));
}

/** Imports the private half, as {@link importPublicEncryptionKey} does. @internal */
export function importDecryptionKey(jwk: JsonWebKey, option: string): EncryptionKey {
  checkOption(typeof jwk.d === 'string', option, 'be a private key');
  return importKey(jwk, option, () => createPrivateKey({ key: jwk, format: 'jwk' }));
}

function importKey(jwk: JsonWebKey, option: string, parse: () => KeyObject): EncryptionKey {
  const { kid, use, alg, key_ops: operations } = jwk as Readonly<Record<string, unknown>>;
  checkOption(use === undefined || use === 'enc', option, "have use 'enc'");
  checkOption(
    operations === undefined || Array.isArray(operations),
    option,
    'have key_ops as list',
  );
  checkOption(
    kid === undefined || (typeof kid === 'string' && kid !== '' && kid.length <= 256),
    option,
    'have a kid of 1 to 256 characters',
  );
  const fitting = keyManagementAlgorithms.filter((name) => fits(jwk, name));
  const algorithms = fitting.filter((name) => alg === undefined || alg === name);
  checkOption(algorithms.length > 0, option, `be for ${keyManagementAlgorithms.join(', ')}`);
  // OpenSSL would take what it can read of a mistyped member for the whole of it.
  checkOption(hasCanonicalMembers(jwk), option, 'be a well-formed JWK');
  const key = parsed(parse, option);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 2048;
  checkOption(bits >= 2048 && bits <= 8192, option, 'have 2048 to 8192 bits');
  return Object.freeze({ kid: kid as string | undefined, algorithms, key });
}

function fits({ kty, crv }: JsonWebKey, algorithm: KeyManagementAlgorithm): boolean {
  if (kty === 'RSA') return algorithm === 'RSA-OAEP-256';
  return (
    kty === 'EC' && Object.hasOwn(agreementCurves, String(crv)) && algorithm !== 'RSA-OAEP-256'
  );
}

function hasCanonicalMembers(jwk: JsonWebKey): boolean {
  const size = jwk.kty === 'EC' ? agreementCurves[String(jwk.crv)] : undefined;
  const names = jwk.kty === 'EC' ? ['x', 'y'] : ['n', 'e'];
  const present = privateMembers.filter((name) => name !== 'oth' && Object.hasOwn(jwk, name));
  return [...names, ...present].every((name) => {
    const bytes = decodeBase64url(String(jwk[name]));
    return bytes !== undefined && bytes.length > 0 && (size ?? bytes.length) === bytes.length;
  });
}

function parsed(parse: () => KeyObject, option: string): KeyObject {
  try {
    return parse();
  } catch {
    // OpenSSL's error may show what it read; a private key must not reach a log.
    throw new TypeError(`${option} must be a well-formed JWK`);
  }
}
