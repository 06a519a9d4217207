import { createHash, timingSafeEqual } from 'node:crypto';

import { refuse } from '../refuse.js';

// RFC 9530 section 2: a dictionary (RFC 8941 section 3.2) of byte sequences, here without parameters.
const member = /^[ \t]*([a-z*][a-z0-9_\-.*]*)=:([A-Za-z0-9+/]*={0,2}):[ \t]*$/;

const hashes: Readonly<Record<string, string>> = { 'sha-256': 'sha256', 'sha-512': 'sha512' };

/**
 * Compares the `Content-Digest` header, if there is one, with the content: every `sha-256` and
 * `sha-512` in it has to hold, other algorithms count for nothing.
 *
 * Refuses with BODY_MISMATCH a digest that does not hold, an algorithm named twice, and a header
 * that breaks its grammar.
 * @internal
 */
export function checkContentDigest(values: readonly string[], content: Uint8Array): void {
  const seen = new Set<string>();
  for (const part of values.flatMap((value) => value.split(','))) {
    const [, algorithm, digest = ''] = member.exec(part) ?? [];
    if (algorithm === undefined) return refuseHeader('a list of <algorithm>=:<base64>:', 'another');
    if (seen.has(algorithm)) return refuseHeader('each algorithm once', algorithm);
    seen.add(algorithm);
    const hash = Object.hasOwn(hashes, algorithm) ? hashes[algorithm] : undefined;
    if (hash !== undefined && !isDigest(hash, digest, content))
      return refuseHeader(`the ${algorithm} of the content`, 'another');
  }
}

function isDigest(hash: string, digest: string, content: Uint8Array): boolean {
  const actual = Buffer.from(createHash(hash).update(content).digest('base64'));
  const given = Buffer.from(digest);
  return given.length === actual.length && timingSafeEqual(given, actual);
}

function refuseHeader(expected: string, got: string): never {
  return refuse('BODY_MISMATCH', {
    check: 'content-digest',
    expected,
    got,
    fix: 'send the Content-Digest of the content as it is sent, or none',
  });
}
