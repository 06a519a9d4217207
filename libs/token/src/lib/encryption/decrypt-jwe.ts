import { compactDecrypt } from 'jose';

import type { RefusalDetail } from '../errors.js';
import { refuse } from '../refuse.js';
import { contentEncryptions } from './encryption-algorithms.js';
import type { KeyManagementAlgorithm } from './encryption-algorithms.js';
import type { EncryptionKey } from './encryption-key.js';
import type { CompactJwe } from './parse-compact-jwe.js';

/**
 * The bytes inside a parsed compact JWE, whatever they are: who wrote them is nobody's claim yet.
 *
 * Rejects with DECRYPTION_FAILED for an algorithm that is not supported or not this key's, and for
 * whatever does not decrypt, without saying which step failed.
 * @internal
 */
export async function decryptJwe(
  token: string,
  { alg, enc }: Pick<CompactJwe, 'alg' | 'enc'>,
  { algorithms, key, kid }: EncryptionKey,
): Promise<Buffer> {
  if (!Object.hasOwn(contentEncryptions, enc))
    return decryptionFailed({ expected: Object.keys(contentEncryptions), got: enc });
  if (!algorithms.includes(alg as KeyManagementAlgorithm))
    return decryptionFailed({ expected: algorithms, got: alg });
  try {
    const { plaintext } = await compactDecrypt(token, key, {
      keyManagementAlgorithms: [alg],
      contentEncryptionAlgorithms: [enc],
    });
    return Buffer.from(plaintext.buffer, plaintext.byteOffset, plaintext.byteLength);
  } catch {
    // Which step failed would answer an attacker's question about the key.
    return decryptionFailed({ expected: `a token encrypted to key ${kid ?? '(the only one)'}` });
  }
}

/** @internal */
export function decryptionFailed(detail: RefusalDetail): never {
  refuse('DECRYPTION_FAILED', {
    check: 'decryption',
    fix: 'encrypt to the key that this service has registered',
    ...detail,
  });
}
