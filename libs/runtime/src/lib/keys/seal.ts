import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const version = 'v1';
const cipher = 'aes-256-gcm';

/**
 * Encrypts a text with AES-256-GCM, bound to a name: sealed text moved to another name does not
 * open. For a key that is used for nothing else: a secret of `SharedSecrets`, or one like it.
 * @publicApi
 */
export function seal(key: Buffer, name: string, text: string): string {
  const iv = randomBytes(12);
  const encryption = createCipheriv(cipher, key, iv).setAAD(Buffer.from(name));
  const sealed = Buffer.concat([encryption.update(text, 'utf8'), encryption.final()]);
  const parts = [iv, sealed, encryption.getAuthTag()].map((part) => part.toString('base64url'));
  return [version, ...parts].join('.');
}

/** Opens what `seal` made. Throws when key, name or text is another one. @publicApi */
export function unseal(key: Buffer, name: string, sealed: string): string {
  const [found, ...parts] = sealed.split('.');
  const [iv, text, tag] = parts.map((part) => Buffer.from(part, 'base64url'));
  if (found !== version || parts.length !== 3 || !iv || !text || tag?.length !== 16) {
    throw new Error('not a sealed text');
  }
  const decryption = createDecipheriv(cipher, key, iv, { authTagLength: 16 })
    .setAAD(Buffer.from(name))
    .setAuthTag(tag);
  return Buffer.concat([decryption.update(text), decryption.final()]).toString('utf8');
}
