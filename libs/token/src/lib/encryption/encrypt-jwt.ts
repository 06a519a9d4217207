import type { JsonWebKey } from 'node:crypto';

import { CompactEncrypt } from 'jose';

import { checkOption } from '../check-option.js';
import { contentEncryptions } from './encryption-algorithms.js';
import type { ContentEncryption } from './encryption-algorithms.js';
import { importPublicEncryptionKey } from './encryption-key.js';
import type { EncryptionKey } from './encryption-key.js';

/** How {@link encryptJwt} encrypts. @publicApi */
export interface EncryptOptions {
  /** A256GCM unless told. */
  readonly contentEncryption?: ContentEncryption;
}

// Recipients come from a registry that replaces them whole: each object is imported once.
const imported = new WeakMap<JsonWebKey, EncryptionKey>();

/**
 * Encrypts a signed JWT to one recipient: a nested JWT (RFC 7519 section 5.2) in compact form, with
 * `cty` JWT. The recipient's key decides how: `RSA-OAEP-256` for RSA, for EC its `alg`, or
 * `ECDH-ES+A256KW`.
 *
 * Rejects with a TypeError for a recipient key that is private, for signatures, of another type or
 * curve or too short, and for what is no compact JWS: encryption alone tells nobody who wrote.
 *
 * @example
 * const token = await encryptJwt(await signJwt(signer, 'at+jwt', claims), service.encryptionKey);
 * @publicApi
 */
export async function encryptJwt(
  jws: string,
  recipient: JsonWebKey,
  { contentEncryption = 'A256GCM' }: EncryptOptions = {},
): Promise<string> {
  checkOption(/^[\w-]+\.[\w-]+\.[\w-]+$/.test(jws), 'jws', 'be a signed compact JWT');
  checkOption(
    Object.hasOwn(contentEncryptions, contentEncryption),
    'contentEncryption',
    `be one of ${Object.keys(contentEncryptions).join(', ')}`,
  );
  const { kid, algorithms, key } = imported.get(recipient) ?? importPublicEncryptionKey(recipient);
  if (!imported.has(recipient)) imported.set(recipient, { kid, algorithms, key });
  return new CompactEncrypt(Buffer.from(jws, 'latin1'))
    .setProtectedHeader({
      alg: algorithms[0] as string,
      enc: contentEncryption,
      cty: 'JWT',
      ...(kid !== undefined && { kid }),
    })
    .encrypt(key);
}
