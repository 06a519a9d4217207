import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';

import { staticKeys } from './static-keys.js';

const ec = (members: JsonWebKey = {}): JsonWebKey => ({
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
  ...members,
});
const query = (kid?: string) => ({ kid, algorithm: 'ES256' as const, issuedAt: 0 });

describe('staticKeys', () => {
  it('finds a key by its kid', () => {
    const store = staticKeys([ec({ kid: 'a' }), ec({ kid: 'b' })], ['ES256']);
    expect(store.find(query('b'))).toMatchObject({ kid: 'b' });
  });

  it.each([
    ['a token without kid for the single key', ec({ kid: 'a' }), undefined],
    ['any kid for the single key without one', ec(), 'whatever'],
    ['neither naming one', ec(), undefined],
  ])('accepts %s', (_, jwk, kid) => {
    expect(staticKeys([jwk], ['ES256']).find(query(kid))).toMatchObject({ algorithm: 'ES256' });
  });

  it('refuses a kid that is not configured', () => {
    const store = staticKeys([ec({ kid: 'a' })], ['ES256']);
    expect(() => store.find(query('b'))).toThrow(
      expect.objectContaining({
        code: 'KEY_UNKNOWN',
        detail: expect.objectContaining({ expected: ['a'], got: 'b' }),
      }),
    );
  });

  it('refuses a token without kid when there are several keys', () => {
    const store = staticKeys([ec({ kid: 'a' }), ec({ kid: 'b' })], ['ES256']);
    expect(() => store.find(query())).toThrow(
      expect.objectContaining({
        code: 'KEY_UNKNOWN',
        detail: expect.objectContaining({ expected: ['a', 'b'], got: null }),
      }),
    );
  });

  it('shows no kid for a key that has none', () => {
    const store = staticKeys([ec({ kid: 'a' })], ['ES256']);
    expect(() => store.find(query('x'.repeat(500)))).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ got: 'x'.repeat(100) }) }),
    );
  });

  it('refuses another algorithm than that of the key', () => {
    const store = staticKeys([ec({ kid: 'a' })], ['ES256']);
    expect(() => store.find({ ...query('a'), algorithm: 'HS256' })).toThrow(
      expect.objectContaining({
        code: 'ALGORITHM_FORBIDDEN',
        detail: expect.objectContaining({ expected: 'ES256', got: 'HS256' }),
      }),
    );
  });

  it('does not take a mistake of its caller for a bad key', () => {
    expect(() => staticKeys([ec()], undefined as never)).toThrow(/^(?!jwks)/);
  });

  it('takes a shared secret only when told to', () => {
    const secret = createSecretKey(Buffer.alloc(32, 7)).export({ format: 'jwk' });
    expect(() => staticKeys([secret], ['HS256'])).toThrow('jwks[0] cannot be used: symmetric_key');
    const store = staticKeys([secret], ['HS256'], { symmetric: true });
    expect(store.find({ ...query(), algorithm: 'HS256' })).toMatchObject({ algorithm: 'HS256' });
  });

  it.each<[string, JsonWebKey[], string]>([
    ['no key', [], 'jwks must hold at least one key'],
    ['a private key', [ec({ kid: 'a' }), ec({ d: 'AQ' })], 'jwks[1] cannot be used: private_key'],
    [
      'several keys of which one lacks kid',
      [ec({ kid: 'a' }), ec()],
      'jwks: each of several keys needs a kid of its own',
    ],
    [
      'a shared kid',
      [ec({ kid: 'a' }), ec({ kid: 'a' })],
      'jwks: each of several keys needs a kid of its own',
    ],
  ])('refuses %s at boot', (_, jwks, message) => {
    expect(() => staticKeys(jwks, ['ES256'])).toThrow(
      expect.objectContaining({ name: 'TypeError', message }),
    );
  });
});
