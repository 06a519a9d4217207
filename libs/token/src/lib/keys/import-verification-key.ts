import { createPublicKey, createSecretKey } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';

import { decodeBase64url } from '../decode-base64url.js';
import type { Algorithm, VerificationKey } from '../types.js';
import { hasRocaFingerprint } from './has-roca-fingerprint.js';
import { UnusableKeyError } from './unusable-key-error.js';

/** How {@link importVerificationKey} may read a key. @publicApi */
export interface ImportOptions {
  /** Accept `oct` keys: only for secrets from configuration, never for a fetched set. */
  readonly symmetric?: boolean;
  /** Values of `use` that mean signatures here; `sig` unless told, and never another by itself. */
  readonly uses?: readonly string[];
}

type Members = Readonly<Record<string, unknown>>;

const rsa: readonly Algorithm[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];

const curves: Readonly<Record<string, { algorithm: Algorithm; bytes: number }>> = {
  'EC P-256': { algorithm: 'ES256', bytes: 32 },
  'EC P-384': { algorithm: 'ES384', bytes: 48 },
  'EC P-521': { algorithm: 'ES512', bytes: 66 },
  'OKP Ed25519': { algorithm: 'EdDSA', bytes: 32 },
};

/** RFC 7518 section 3.2: a key at least as long as the hash value. */
const secretBytes: Partial<Readonly<Record<Algorithm, number>>> = {
  HS256: 32,
  HS384: 48,
  HS512: 64,
};

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/**
 * Makes a JWK into a key that verifies exactly one algorithm: its `alg`, which must be among
 * `algorithms` and fit the key, or without `alg` the only one of `algorithms` that fits.
 *
 * Refuses with an {@link UnusableKeyError} that names the fault: private and (unless told) symmetric
 * keys, keys for another use, weak or malformed ones. The KeyObject is made here, once per key.
 * @publicApi
 */
export function importVerificationKey(
  jwk: unknown,
  algorithms: readonly Algorithm[],
  options: ImportOptions = {},
): VerificationKey {
  const members = membersOf(jwk);
  const isSecret = members['kty'] === 'oct';
  refuseIf(isSecret && options.symmetric !== true, 'symmetric_key');
  refuseIf(!isSecret && privateMembers.some((name) => name in members), 'private_key');
  checkPurpose(members, options.uses ?? ['sig']);
  const algorithm = chooseAlgorithm(members, algorithms);
  return Object.freeze({
    kid: kidOf(members),
    algorithm,
    key: isSecret ? importSecret(members, algorithm) : importPublic(members),
  });
}

function refuseIf(isRefused: boolean, fault: UnusableKeyError['fault']): void {
  if (isRefused) throw new UnusableKeyError(fault);
}

function membersOf(jwk: unknown): Members {
  if (typeof jwk !== 'object' || jwk === null || typeof (jwk as Members)['kty'] !== 'string') {
    throw new UnusableKeyError('not_a_jwk');
  }
  return jwk as Members;
}

function kidOf({ kid }: Members): string | undefined {
  if (kid === undefined) return undefined;
  if (typeof kid !== 'string' || kid === '' || kid.length > 256) {
    throw new UnusableKeyError('kid_invalid');
  }
  return kid;
}

/** RFC 7517 sections 4.2 and 4.3. */
function checkPurpose({ use, key_ops: operations }: Members, uses: readonly unknown[]): void {
  refuseIf(use !== undefined && !uses.includes(use), 'use_not_sig');
  refuseIf(
    operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')),
    'key_ops_without_verify',
  );
}

/** RFC 8725 section 3.1: a key is used with one algorithm, which the header cannot choose. */
function chooseAlgorithm(members: Members, algorithms: readonly Algorithm[]): Algorithm {
  const fitting = algorithmsThatFit(members);
  const { alg } = members;
  const candidates = algorithms.filter(
    (algorithm) => fitting.includes(algorithm) && (alg === undefined || alg === algorithm),
  );
  const [algorithm, ...others] = new Set(candidates);
  if (algorithm === undefined) throw new UnusableKeyError('algorithm_forbidden');
  refuseIf(others.length > 0, 'algorithm_ambiguous');
  return algorithm;
}

function algorithmsThatFit({ kty, crv }: Members): readonly Algorithm[] {
  if (kty === 'RSA') return rsa;
  if (kty === 'oct') return ['HS256', 'HS384', 'HS512'];
  const curve = curveOf({ kty, crv });
  if (curve === undefined) throw new UnusableKeyError('key_type_unsupported');
  return [curve.algorithm];
}

function curveOf({ kty, crv }: Members): (typeof curves)[string] | undefined {
  const name = `${String(kty)} ${String(crv)}`;
  return Object.hasOwn(curves, name) ? curves[name] : undefined;
}

function importSecret(members: Members, algorithm: Algorithm): KeyObject {
  const secret = bytesOf(members, 'k');
  refuseIf(secret.length < (secretBytes[algorithm] as number), 'secret_too_short');
  return createSecretKey(secret);
}

function importPublic(members: Members): KeyObject {
  if (members['kty'] === 'RSA') return importRsa(members);
  const { kty, crv, x, y } = members;
  const { bytes } = curveOf(members) as (typeof curves)[string];
  const coordinates = kty === 'EC' ? ['x', 'y'] : ['x'];
  for (const name of coordinates) {
    refuseIf(bytesOf(members, name).length !== bytes, 'coordinate_length');
  }
  return fromJwk(kty === 'EC' ? { kty, crv, x, y } : { kty, crv, x }, 'point_not_on_curve');
}

function importRsa(members: Members): KeyObject {
  const { kty, n, e } = members;
  const modulus = integerOf(members, 'n');
  const exponent = integerOf(members, 'e');
  const bits = modulus.toString(2).length;
  refuseIf(bits < 2048 || bits > 8192, 'rsa_size');
  refuseIf(modulus % 2n === 0n, 'rsa_modulus');
  refuseIf(exponent < 3n || exponent % 2n === 0n || exponent >= 2n ** 64n, 'rsa_exponent');
  refuseIf(hasRocaFingerprint(modulus), 'rsa_roca');
  return fromJwk({ kty, n, e }, 'member_malformed');
}

/** Only checked members go to OpenSSL, which has the last word: it knows the curve equations. */
function fromJwk(jwk: Members, fault: UnusableKeyError['fault']): KeyObject {
  try {
    return createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  } catch (cause) {
    throw new UnusableKeyError(fault, { cause });
  }
}

/** RFC 7518 section 2, Base64urlUInt: big-endian, in the fewest octets that hold it. */
function integerOf(members: Members, name: string): bigint {
  const bytes = bytesOf(members, name);
  refuseIf(bytes[0] === 0, 'member_malformed');
  return BigInt(`0x${bytes.toString('hex')}`);
}

function bytesOf(members: Members, name: string): Buffer {
  const text = members[name];
  const bytes = typeof text === 'string' ? decodeBase64url(text) : undefined;
  if (bytes === undefined || bytes.length === 0) throw new UnusableKeyError('member_malformed');
  return bytes;
}
