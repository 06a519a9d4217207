import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { createSigner, generateSigningKey, type Signer, type SigningJwk } from '@countersign/token';

/** What the application proves itself with at the authorization server, and what it shows of it. */
export interface ClientKey {
  readonly signer: Signer;
  readonly publicJwk: SigningJwk;
}

/**
 * The key in this file: a private JWK for ES256. Makes one (0600) where there is none.
 *
 * Refuses anything else in the file with a TypeError that repeats nothing of it.
 */
export async function clientKey(file: string): Promise<ClientKey> {
  await makeUnlessThere(file);
  try {
    const jwk = JSON.parse(readFileSync(file, 'utf8')) as SigningJwk;
    const { kty, crv, x, y, kid, alg, use } = jwk;
    const signer = createSigner({ algorithm: 'ES256', kid, privateKey: jwk });
    return { signer, publicJwk: { kty, crv, x, y, kid, alg, use } as SigningJwk };
  } catch {
    // What a parser says of it may quote the key.
    throw new TypeError(
      `${file} does not hold a private JWK for ES256; remove it to have one made`,
    );
  }
}

async function makeUnlessThere(file: string): Promise<void> {
  const { privateJwk } = await generateSigningKey('ES256');
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const text = `${JSON.stringify(privateJwk)}\n`;
  await writeFile(file, text, { flag: 'wx', mode: 0o600 }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
}
