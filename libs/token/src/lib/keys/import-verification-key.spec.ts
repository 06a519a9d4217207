import { createSecretKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';

import type { Algorithm } from '../types.js';
import { importVerificationKey } from './import-verification-key.js';
import { UnusableKeyError } from './unusable-key-error.js';

const all: readonly Algorithm[] = ['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256'];

const ec = (namedCurve: string): JsonWebKey =>
  generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' });
const rsaPair = (modulusLength: number, publicExponent = 65_537) =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent });

const p256 = ec('P-256');
const p384 = ec('P-384');
const p521 = ec('P-521');
const ed25519 = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
const rsa = rsaPair(2048).publicKey.export({ format: 'jwk' });
const oct = (bytes: number): JsonWebKey =>
  createSecretKey(Buffer.alloc(bytes, 7)).export({ format: 'jwk' });

const base64url = (integer: bigint): string => {
  const hex = integer.toString(16);
  return Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex').toString('base64url');
};
const integer = (text: unknown): bigint =>
  BigInt(`0x${Buffer.from(String(text), 'base64url').toString('hex')}`);

const faultOf = (make: () => unknown): string => {
  try {
    make();
  } catch (error) {
    if (error instanceof UnusableKeyError) return error.fault;
    throw error;
  }
  return 'usable';
};

describe('importVerificationKey', () => {
  it.each([
    ['ES256', p256],
    ['ES384', p384],
    ['ES512', p521],
    ['EdDSA', ed25519],
    ['RS256', rsa],
  ] as const)('makes an %s key of a JWK that fits nothing else', (algorithm, jwk) => {
    const key = importVerificationKey({ ...jwk, kid: 'one', use: 'sig', key_ops: ['verify'] }, all);
    expect(key).toMatchObject({ kid: 'one', algorithm });
    expect(key.key.type).toBe('public');
    expect(key.key.export({ format: 'jwk' })).toEqual(jwk);
  });

  it('takes the algorithm that the key names among several that fit', () => {
    const key = importVerificationKey({ ...rsa, alg: 'PS256' }, ['RS256', 'PS256']);
    expect(key.algorithm).toBe('PS256');
    expect(key.kid).toBeUndefined();
  });

  it('verifies with the key it made', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const { key } = importVerificationKey(publicKey.export({ format: 'jwk' }), ['EdDSA']);
    const message = Buffer.from('countersign');
    expect(verify(null, message, key, sign(null, message, privateKey))).toBe(true);
  });

  it.each([
    ['HS256', 32],
    ['HS384', 48],
    ['HS512', 64],
  ] as const)('takes an %s secret of %i bytes when told to', (algorithm, bytes) => {
    const key = importVerificationKey(oct(bytes), [algorithm], { symmetric: true });
    expect(key).toMatchObject({ algorithm });
    expect(key.key.symmetricKeySize).toBe(bytes);
  });

  it.each([
    ['HS256', 31],
    ['HS384', 47],
    ['HS512', 63],
  ] as const)('refuses an %s secret of %i bytes', (algorithm, bytes) => {
    const make = () => importVerificationKey(oct(bytes), [algorithm], { symmetric: true });
    expect(faultOf(make)).toBe('secret_too_short');
  });

  it('refuses a secret whose algorithm is left open', () => {
    const make = () => importVerificationKey(oct(64), ['HS256', 'HS512'], { symmetric: true });
    expect(faultOf(make)).toBe('algorithm_ambiguous');
  });

  const flipped = (jwk: JsonWebKey, member: 'x' | 'y') => {
    const bytes = Buffer.from(String(jwk[member]), 'base64url');
    bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
    return { ...jwk, [member]: bytes.toString('base64url') };
  };
  const shortened = (jwk: JsonWebKey, member: 'x' | 'y') => ({
    ...jwk,
    [member]: Buffer.from(String(jwk[member]), 'base64url').subarray(1).toString('base64url'),
  });

  it.each<[fault: string, why: string, jwk: unknown, algorithms?: readonly Algorithm[]]>([
    ['not_a_jwk', 'null', null],
    ['not_a_jwk', 'a string', 'EC'],
    ['not_a_jwk', 'an array', []],
    ['not_a_jwk', 'a key without kty', { ...p256, kty: undefined }],
    ['key_type_unsupported', 'an unknown kty', { ...p256, kty: 'ec' }],
    ['key_type_unsupported', 'secp256k1', ec('secp256k1')],
    [
      'key_type_unsupported',
      'Ed448',
      generateKeyPairSync('ed448').publicKey.export({ format: 'jwk' }),
    ],
    [
      'key_type_unsupported',
      'X25519',
      generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }),
    ],
    ['key_type_unsupported', 'a curve named like a property', { ...p256, crv: '__proto__' }],
    ['private_key', 'a private member', { ...p256, d: p256.x }],
    ['private_key', 'an RSA key with one prime', { ...rsa, p: rsa.n }],
    ['private_key', 'a public key with a symmetric member', { ...p256, k: p256.x }],
    ['symmetric_key', 'a secret in a public set', oct(32), ['HS256']],
    ['use_not_sig', 'an encryption key', { ...p256, use: 'enc' }],
    ['use_not_sig', 'a use of another type', { ...p256, use: ['sig'] }],
    ['key_ops_without_verify', 'a key that only signs', { ...p256, key_ops: ['sign'] }],
    ['key_ops_without_verify', 'key_ops of another type', { ...p256, key_ops: 'verify' }],
    ['algorithm_forbidden', 'an algorithm not allowed', { ...p256, alg: 'ES256' }, ['RS256']],
    ['algorithm_forbidden', 'a key for none of the allowed', p256, ['RS256', 'EdDSA']],
    ['algorithm_forbidden', 'nothing allowed', p256, []],
    ['algorithm_forbidden', 'an algorithm of another curve', { ...p384, alg: 'ES256' }],
    ['algorithm_forbidden', 'an algorithm of another type', { ...p256, alg: 'HS256' }, ['HS256']],
    ['algorithm_forbidden', 'an encryption algorithm', { ...rsa, alg: 'RSA-OAEP' }],
    ['algorithm_forbidden', 'alg of another type', { ...p256, alg: null }],
    ['algorithm_ambiguous', 'RSA for two allowed', rsa, ['RS256', 'PS256']],
    ['kid_invalid', 'an empty kid', { ...p256, kid: '' }],
    ['kid_invalid', 'a numeric kid', { ...p256, kid: 1 }],
    ['kid_invalid', 'a kid of 257 characters', { ...p256, kid: 'k'.repeat(257) }],
    ['member_malformed', 'a missing coordinate', { ...p256, y: undefined }],
    ['member_malformed', 'an empty coordinate', { ...ed25519, x: '' }],
    ['member_malformed', 'a padded coordinate', { ...p256, x: `${String(p256.x)}=` }],
    ['member_malformed', 'the standard alphabet', { ...p256, x: `+/${String(p256.x).slice(2)}` }],
    ['member_malformed', 'a blank in a member', { ...ed25519, x: ` ${String(ed25519.x)}` }],
    ['member_malformed', 'a leading zero octet', { ...rsa, n: `AAAA${String(rsa.n)}` }],
    ['member_malformed', 'an exponent with a leading zero', { ...rsa, e: 'AAEAAQ' }],
    ['coordinate_length', 'a short x', shortened(p256, 'x')],
    ['coordinate_length', 'a short y', shortened(p521, 'y')],
    ['coordinate_length', 'a short Ed25519 key', shortened(ed25519, 'x')],
    ['point_not_on_curve', 'a moved point', flipped(p256, 'x')],
    ['point_not_on_curve', 'a moved point', flipped(p384, 'y')],
    ['rsa_size', 'RSA of 1024 bits', rsaPair(1024).publicKey.export({ format: 'jwk' })],
    ['rsa_size', 'RSA of 2047 bits', { ...rsa, n: base64url(integer(rsa.n) >> 1n) }],
    ['rsa_size', 'RSA of 8193 bits', { ...rsa, n: base64url((1n << 8192n) + 1n) }],
    ['rsa_modulus', 'an even modulus', { ...rsa, n: base64url(integer(rsa.n) + 1n) }],
    ['rsa_exponent', 'e = 1', { ...rsa, e: 'AQ' }],
    ['rsa_exponent', 'an even exponent', { ...rsa, e: base64url(65_536n) }],
    ['rsa_exponent', 'an exponent of 65 bits', { ...rsa, e: base64url((1n << 64n) + 1n) }],
    [
      'rsa_roca',
      'a power of 65537 modulo the first primes',
      { ...rsa, n: base64url(rocaModulus()) },
    ],
  ])('refuses with %s: %s', (fault, _, jwk, algorithms = all) => {
    expect(faultOf(() => importVerificationKey(jwk, algorithms))).toBe(fault);
  });

  it('says nothing of the key in its message', () => {
    const make = () => importVerificationKey({ ...p256, d: p256.x }, all);
    expect(make).toThrow(new Error('unusable key: private_key'));
  });
});

/** A modulus as the flawed generator leaves it: a power of 65537 modulo the first 126 primes. */
function rocaModulus(): bigint {
  const primes: bigint[] = [];
  for (let n = 2n; primes.length < 126; n += 1n) {
    if (primes.every((prime) => n % prime !== 0n)) primes.push(n);
  }
  const product = primes.reduce((a, b) => a * b);
  return (
    (65_537n ** 5n % product) + product * (1n << (2047n - BigInt(product.toString(2).length - 1)))
  );
}
