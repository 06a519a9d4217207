import { CompactEncrypt } from 'jose';

import type { Random } from './random.js';
import { recipient } from './signed-text.js';

const contentTypes = ['JWT', 'JWT', 'JWT', 'jwt', 'application/jwt', 'json', undefined];
const algorithms = ['ECDH-ES', 'ECDH-ES', 'ECDH-ES+A256KW', 'ECDH-ES+A128KW'];
const encryptions = ['A256GCM', 'A128GCM', 'A256CBC-HS512', 'A128CBC-HS256'];

/** A text encrypted to the service, in a way that it may or may not take. */
export function encryptedText(text: string, random: Random): Promise<string> {
  const cty = random.pick(contentTypes);
  return new CompactEncrypt(Buffer.from(text))
    .setProtectedHeader({
      alg: random.pick(algorithms),
      enc: random.pick(encryptions),
      ...(cty !== undefined && { cty }),
    })
    .encrypt(recipient.publicKey);
}
