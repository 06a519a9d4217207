/** The JWE examples of RFC 7520 and RFC 8037: none uses what is offered here, so each is refused. */
import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';

import { decryptJwe } from '../../src/lib/encryption/decrypt-jwe.js';
import {
  importDecryptionKey,
  type EncryptionKey,
} from '../../src/lib/encryption/encryption-key.js';
import { parseCompactJwe } from '../../src/lib/encryption/parse-compact-jwe.js';
import { parseToken } from '../../src/lib/extract/parse-token.js';
import { importVerificationKey } from '../../src/lib/keys/import-verification-key.js';
import { verifySignature } from '../../src/lib/verify/verify-signature.js';
import { load } from './load-vectors.js';

interface Example {
  readonly input: { readonly key: JsonWebKey };
  readonly output: {
    readonly compact?: string;
    readonly json?: unknown;
    readonly json_flat?: unknown;
  };
}

interface Nested {
  readonly sign: Example & { readonly input: { readonly payload: string } };
  readonly encrypt: Example;
}

const example = (path: string) => load(`rfc7520/${path}.json`) as Example;
const withCode = (code: string) => expect.objectContaining({ code });

const open = async (token: string, key: EncryptionKey) =>
  decryptJwe(token, parseCompactJwe(token, 8192), key);

const ownKeys = [
  ['jwe/5_1.key_encryption_using_rsa_v15_and_aes-hmac-sha2', 'RSA1_5'],
  ['jwe/5_2.key_encryption_using_rsa-oaep_with_aes-gcm', 'RSA-OAEP, which rests on SHA-1'],
  [
    'jwe/5_4.key_agreement_with_key_wrapping_using_ecdh-es_and_aes-keywrap_with_aes-gcm',
    'ECDH-ES+A128KW',
  ],
  ['jwe/5_5.key_agreement_using_ecdh-es_with_aes-cbc-hmac-sha2', 'A128CBC-HS256'],
] as const;

const otherKeys = [
  // Deriving a key from a password is work that the sender chooses.
  ['jwe/5_3.key_wrap_using_pbes2-aes-keywrap_with-aes-cbc-hmac-sha2', 'a password'],
  ['jwe/5_6.direct_encryption_using_aes-gcm', 'a shared secret'],
  ['jwe/5_7.key_wrap_using_aes-gcm_keywrap_with_aes-cbc-hmac-sha2', 'a shared secret'],
  ['jwe/5_8.key_wrap_using_aes-keywrap_with_aes-gcm', 'a shared secret'],
  ['jwe/5_9.compressed_content', 'a shared secret, and zip'],
  ['curve25519/ecdh-es', 'X25519'],
] as const;

const jsonOnly = [
  'jwe/5_10.including_additional_authentication_data',
  'jwe/5_11.protecting_specific_header_fields',
  'jwe/5_12.protecting_content_only',
  'jwe/5_13.encrypting_to_multiple_recipients',
] as const;

describe('RFC 7520 section 5 and RFC 8037 appendix A.6', () => {
  it.each(ownKeys)('refuses %s, even by its own key: it needs %s', async (path) => {
    const { input, output } = example(path);
    const key = importDecryptionKey({ ...input.key, alg: undefined } as never, 'decryption');
    await expect(open(String(output.compact), key)).rejects.toEqual(withCode('DECRYPTION_FAILED'));
  });

  it.each(otherKeys)('refuses the key of %s: it needs %s', async (path) => {
    const { input, output } = example(path);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const good = importDecryptionKey(privateKey.export({ format: 'jwk' }), 'decryption');
    expect(() => importDecryptionKey({ ...input.key, alg: undefined } as never, 'key')).toThrow(
      TypeError,
    );
    await expect(open(String(output.compact), good)).rejects.toMatchObject({
      code: expect.stringMatching(/^(DECRYPTION_FAILED|TOKEN_MALFORMED)$/),
    });
  });

  it.each([...ownKeys.map(([path]) => path), ...otherKeys.map(([path]) => path), ...jsonOnly])(
    'refuses the JSON serialisations of %s',
    (path) => {
      const { json, json_flat: flat = json } = example(path).output;
      expect(json).toBeDefined();
      for (const form of [json, flat])
        expect(() => parseCompactJwe(JSON.stringify(form), 16_384)).toThrow(
          withCode('TOKEN_MALFORMED'),
        );
    },
  );
});

describe('RFC 7520 section 6, a nested token', () => {
  const { sign, encrypt } = load('rfc7520/6.nesting_signatures_and_encryption.json') as Nested;

  it('is refused as encrypted there, with RSA-OAEP', async () => {
    const { input, output } = encrypt;
    const key = importDecryptionKey({ ...input.key, alg: undefined } as never, 'decryption');
    await expect(open(String(output.compact), key)).rejects.toEqual(withCode('DECRYPTION_FAILED'));
  });

  it('holds as signed there, with PS256', () => {
    const { kty, n, e } = sign.input.key;
    const parsed = parseToken(String(sign.output.compact));
    expect(parsed.claims).toEqual(JSON.parse(sign.input.payload));
    expect(verifySignature(parsed, importVerificationKey({ kty, n, e }, ['PS256']))).toBe(true);
  });
});

describe('RFC 7520 section 3', () => {
  const jwk = (path: string) => load(`rfc7520/jwk/${path}.json`);

  it('imports its public keys, and its secret for signatures', () => {
    expect(importVerificationKey(jwk('3_1.ec_public_key'), ['ES512']).algorithm).toBe('ES512');
    expect(importVerificationKey(jwk('3_3.rsa_public_key'), ['RS256']).algorithm).toBe('RS256');
    const secret = jwk('3_5.symmetric_key_mac_computation');
    expect(importVerificationKey(secret, ['HS256'], { symmetric: true }).algorithm).toBe('HS256');
  });

  it.each([
    ['3_2.ec_private_key', 'private_key'],
    ['3_4.rsa_private_key', 'private_key'],
    ['3_5.symmetric_key_mac_computation', 'symmetric_key'],
    ['3_6.symmetric_key_encryption', 'symmetric_key'],
  ])('takes no verification key from a set that publishes %s', (path, fault) => {
    const algorithms = ['ES512', 'RS256', 'HS256'] as const;
    expect(() => importVerificationKey(jwk(path), algorithms)).toThrow(
      expect.objectContaining({ fault }),
    );
  });
});
