import { createHmac } from 'node:crypto';

import { census, clockAt, serviceTokenClaims } from '../../../test/builders.js';
import { verifyToken } from '../verify/verify-token.js';
import { createTrustRegistry } from './create-trust-registry.js';
import { sharedSecret } from './shared-secret.js';
import type { SharedSecretOptions } from './shared-secret.js';

const issuer = 'https://herald.example/';
const secret = 'a text of well over 32 bytes, \u{1F511} included';
const peer = (options: object = {}) =>
  sharedSecret('shop', { issuer, secret, ...options } as SharedSecretOptions);

function signed(key: string | Uint8Array, alg = 'HS256'): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const input = `${encode({ alg, typ: 'service+jwt' })}.${encode(serviceTokenClaims)}`;
  return `${input}.${createHmac(`sha${alg.slice(2)}`, key)
    .update(input)
    .digest('base64url')}`;
}

const verify = (token: string, options: object = {}) =>
  verifyToken(
    { token, carrier: 'Bearer' },
    {
      trust: createTrustRegistry([peer(options)]),
      clock: clockAt(),
      clockTolerance: 10,
      maxTokenBytes: 8192,
    },
  );

describe('sharedSecret', () => {
  it.each([
    ['a text', secret, 'HS256'],
    ['bytes', Buffer.alloc(32, 1), 'HS256'],
    ['a long secret', Buffer.alloc(64, 1), 'HS512'],
  ])('trusts tokens signed with %s', async (_name, key, alg) => {
    const { audience } = await verify(signed(key, alg), { secret: key, algorithms: [alg] });
    expect(audience).toEqual([census]);
  });

  it('refuses tokens signed with another secret, or another hash', async () => {
    const code = (token: string) => verify(token).catch((error: { code: string }) => error.code);
    expect(await code(signed(`${secret}.`))).toBe('SIGNATURE_INVALID');
    expect(await code(signed(secret, 'HS512'))).toBe('ALGORITHM_FORBIDDEN');
  });

  it('shows the secret to nobody who looks', () => {
    const shown = JSON.stringify(peer());
    expect(shown).not.toContain(secret);
    expect(shown).not.toContain(Buffer.from(secret).toString('base64url'));
  });

  it.each<[string, object]>([
    ['secret', { secret: 'x'.repeat(31) }],
    ['secret', { secret: '' }],
    ['secret', { secret: undefined }],
    ['secret', { secret: 7 }],
    ['algorithms', { algorithms: [] }],
    ['algorithms', { algorithms: ['ES256'] }],
    ['algorithms', { algorithms: ['HS256', 'HS512'] }],
    ['jwks', { jwks: 'https://herald.example/jwks' }],
    ['maxLifetime', { maxLifetime: '1h' }],
    ['audiences', { audiences: [] }],
  ])('refuses at once a wrong %s: %p', (option, options) => {
    expect(() => peer(options)).toThrow(new RegExp(`^${option} `));
  });

  it('refuses a secret shorter than the hash', () => {
    const options = { algorithms: ['HS512'], secret: 'x'.repeat(63) };
    expect(() => peer(options)).toThrow('secret_too_short');
  });
});
