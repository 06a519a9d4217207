import { readFileSync } from 'node:fs';

const bytes = 32;

/**
 * Reads `mySigningKey`: 32 random bytes in base64url, as `make-secret` writes them.
 *
 * Refuses anything else with a TypeError that does not repeat it. A phrase somebody thought of can be
 * guessed: whoever holds one token tries phrases against its signature, as many as they like.
 */
export function readSigningKey(file: string): Buffer {
  const text = readFileSync(file, 'utf8').trim();
  const key = Buffer.from(text, 'base64url');
  if (key.length !== bytes || key.toString('base64url') !== text) {
    throw new TypeError(`${file} does not hold ${bytes} random bytes in base64url`);
  }
  return key;
}
