/**
 * How keys of a JWE are agreed or wrapped here (RFC 7518 section 4.1): none that needs a password.
 * @publicApi
 */
export type KeyManagementAlgorithm = 'ECDH-ES' | 'ECDH-ES+A256KW' | 'RSA-OAEP-256';

/** How the content of a JWE is encrypted here (RFC 7518 section 5.1). @publicApi */
export type ContentEncryption = 'A256GCM' | 'A128GCM' | 'A256CBC-HS512';

/** Octets of the initialisation vector and the tag of each content encryption. @internal */
export const contentEncryptions: Readonly<
  Record<ContentEncryption, { readonly iv: number; readonly tag: number }>
> = {
  A256GCM: { iv: 12, tag: 16 },
  A128GCM: { iv: 12, tag: 16 },
  'A256CBC-HS512': { iv: 16, tag: 32 },
};

/** @internal */
export const keyManagementAlgorithms: readonly KeyManagementAlgorithm[] = [
  'ECDH-ES+A256KW',
  'ECDH-ES',
  'RSA-OAEP-256',
];

/** The curves of ECDH-ES here, and the octets of a coordinate. @internal */
export const agreementCurves: Readonly<Record<string, number>> = {
  'P-256': 32,
  'P-384': 48,
  'P-521': 66,
};
