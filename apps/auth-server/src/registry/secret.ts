/** Client secrets that scanners recognise and slips of the pen do not survive. */
import { createHash, hash, randomBytes, randomUUID } from 'node:crypto';

/** A fresh secret; only `digest` and `id` are kept. */
export interface GeneratedSecret {
  /** Shown once, then gone. */
  readonly secret: string;
  /** SHA-256 of the secret, 32 bytes. */
  readonly digest: Buffer;
  /** Names it in the audit log; says nothing about it. */
  readonly id: string;
}

const prefix = 'cs_';
const randomLength = 43;
const checksumLength = 6;
const tailLength = randomLength + checksumLength;

/**
 * Makes a secret for a client: `cs_<client>_<random><checksum>`, 256 random bits in 43 characters
 * of base64url and 6 that tell a slip from a wrong secret without any look-up.
 */
export function generateSecret(clientId: string): GeneratedSecret {
  const body = `${prefix}${clientId}_${randomBytes(32).toString('base64url')}`;
  const secret = body + checksumOf(body);
  return { secret, digest: digestOf(secret), id: newSecretId() };
}

/**
 * The client that a secret of our form names; undefined for one of another form and for one that was
 * mistyped or cut. It says nothing about whether the secret is right.
 */
export function isWellFormedSecret(text: string): { readonly client: string } | undefined {
  // The random part may hold underscores, and so may a client id: lengths tell them apart.
  const at = text.length - tailLength - 1;
  if (at <= prefix.length || !text.startsWith(prefix) || text[at] !== '_') return undefined;
  const body = text.slice(0, -checksumLength);
  if (checksumOf(body) !== text.slice(-checksumLength)) return undefined;
  return { client: text.slice(prefix.length, at) };
}

/** SHA-256 of a secret: of 256 random bits, a slow hash would protect nothing. */
export function digestOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

/** A name for a secret. */
export function newSecretId(): string {
  return randomUUID().replaceAll('-', '');
}

function checksumOf(body: string): string {
  return createHash('sha256').update(body, 'utf8').digest().subarray(0, 4).toString('base64url');
}
