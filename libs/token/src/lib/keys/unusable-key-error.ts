/**
 * Why a JWK cannot verify signatures here; each is a stable word for logs and health reports.
 * @publicApi
 */
export type KeyFault =
  /** Not a JSON object with a string `kty`. */
  | 'not_a_jwk'
  /** Key type or curve that none of the supported algorithms uses. */
  | 'key_type_unsupported'
  /** A private member stands beside the public ones: the key has leaked. */
  | 'private_key'
  /** A symmetric key where only public keys belong. */
  | 'symmetric_key'
  /** A symmetric key shorter than RFC 7518 section 3.2 asks. */
  | 'secret_too_short'
  /** `kid` present and not a string of 1 to 256 characters. */
  | 'kid_invalid'
  /** `kid` absent from a key of a set. */
  | 'kid_missing'
  /** Several keys of the set share the `kid`. */
  | 'kid_duplicate'
  /** `use` present and not `sig`. */
  | 'use_not_sig'
  /** `key_ops` present and without `verify`. */
  | 'key_ops_without_verify'
  /** No allowed algorithm fits the key, or `alg` names another one. */
  | 'algorithm_forbidden'
  /** Without `alg`, more than one allowed algorithm fits. */
  | 'algorithm_ambiguous'
  /** A member is missing, or not canonical base64url (RFC 7515 section 2). */
  | 'member_malformed'
  /** RSA modulus under 2048 or over 8192 bits. */
  | 'rsa_size'
  /** RSA modulus even. */
  | 'rsa_modulus'
  /** RSA public exponent even, under 3 or over 64 bits. */
  | 'rsa_exponent'
  /** RSA key from a generator whose private keys can be computed (ROCA, CVE-2017-15361). */
  | 'rsa_roca'
  /** Coordinate not as long as its curve says. */
  | 'coordinate_length'
  /** EC point not on its curve. */
  | 'point_not_on_curve';

/** A JWK that may not verify anything; names the reason, never key material. @publicApi */
export class UnusableKeyError extends Error {
  override readonly name = 'UnusableKeyError';

  constructor(
    readonly fault: KeyFault,
    options?: ErrorOptions,
  ) {
    super(`unusable key: ${fault}`, options);
  }
}
