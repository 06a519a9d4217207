/** The JWS examples of RFC 7520, RFC 8037 and RFC 7797: what is ours holds, what is not is refused. */
import type { JsonWebKey } from 'node:crypto';

import { parseCompactJws } from '../../src/lib/extract/parse-compact-jws.js';
import { parseToken } from '../../src/lib/extract/parse-token.js';
import { importVerificationKey } from '../../src/lib/keys/import-verification-key.js';
import type { Algorithm } from '../../src/lib/types.js';
import { verifySignature } from '../../src/lib/verify/verify-signature.js';
import { load } from './load-vectors.js';

interface Example {
  readonly input: { readonly payload: string; readonly key: JsonWebKey; readonly alg: Algorithm };
  readonly output: {
    readonly compact?: string;
    readonly json?: unknown;
    readonly json_flat?: unknown;
  };
}

const example = (path: string) => load(`rfc7520/${path}.json`) as Example;

/** The examples print private keys; a verifier takes only the public part. */
function publicPart({ kty, crv, x, y, n, e, k, kid }: JsonWebKey & { kid?: unknown }): unknown {
  const members = { kty, crv, x, y, n, e, k, kid };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

const accepted = [
  'jws/4_1.rsa_v15_signature',
  'jws/4_2.rsa-pss_signature',
  'jws/4_3.ecdsa_signature',
  'jws/4_4.hmac-sha2_integrity_protection',
  'curve25519/jws',
];

const refusedForms = [
  ...accepted,
  'jws/4_5.signature_with_detached_content',
  'jws/4_6.protecting_specific_header_fields',
  'jws/4_7.protecting_content_only',
  'jws/4_8.multiple_signatures',
  'rfc7797/4.2.hmac-sha2_b64_false',
  'rfc7797/hmac-sha2_b64_false',
];

const malformed = expect.objectContaining({ code: 'TOKEN_MALFORMED' });

describe('RFC 7520 and RFC 8037', () => {
  it.each(accepted)('accepts the compact form of %s, and nothing changed', (path) => {
    const { input, output } = example(path);
    const key = importVerificationKey(publicPart(input.key), [input.alg], { symmetric: true });
    const parsed = parseCompactJws(String(output.compact));
    expect(parsed.payload.toString()).toBe(input.payload);
    expect(verifySignature(parsed, key)).toBe(true);
    const signingInput = Buffer.concat([parsed.signingInput, Buffer.from('A')]);
    expect(verifySignature({ ...parsed, signingInput }, key)).toBe(false);
  });

  it.each(refusedForms)('refuses the JSON serialisations of %s', (path) => {
    const { json, json_flat: flat = json } = example(path).output;
    expect(json).toBeDefined();
    for (const form of [json, flat])
      expect(() => parseCompactJws(JSON.stringify(form))).toThrow(malformed);
  });

  it('refuses detached content: its payload is no claims set, and its signature does not hold', () => {
    const { input, output } = example('jws/4_5.signature_with_detached_content');
    const key = importVerificationKey(publicPart(input.key), [input.alg], { symmetric: true });
    expect(() => parseToken(String(output.compact))).toThrow(malformed);
    expect(verifySignature(parseCompactJws(String(output.compact)), key)).toBe(false);
  });
});

describe('RFC 7797', () => {
  it('refuses an unencoded payload', () => {
    const { compact } = example('rfc7797/hmac-sha2_b64_false').output;
    expect(compact).toContain(' ');
    expect(() => parseCompactJws(String(compact))).toThrow(malformed);
  });

  it('refuses its header even where the payload happens to be base64url', () => {
    const { compact = '' } = example('rfc7797/hmac-sha2_b64_false').output;
    const [header, , signature] = compact.split('.');
    expect(() => parseCompactJws(`${header}.AAAA.${signature}`)).toThrow(malformed);
  });
});
