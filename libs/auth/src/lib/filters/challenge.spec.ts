import { AccessError } from '@countersign/token';

import { challengeOf } from './challenge.js';

const challenge = (...args: ConstructorParameters<typeof AccessError>) =>
  challengeOf(new AccessError(...args), { realm: 'census', acceptsDpop: false });
const withDpop = (...args: ConstructorParameters<typeof AccessError>) =>
  challengeOf(new AccessError(...args), { realm: 'census', acceptsDpop: true });
const algs = 'algs="RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA"';

describe('challengeOf', () => {
  it('names only the realm when there were no credentials', () => {
    expect(challenge('TOKEN_MISSING')).toBe('Bearer realm="census"');
  });

  it('tells where the metadata are, to both schemes', () => {
    const metadata = 'https://census.example/.well-known/oauth-protected-resource';
    const said = challengeOf(new AccessError('TOKEN_MISSING'), {
      realm: 'census',
      acceptsDpop: true,
      metadata,
    });
    const both = `realm="census", resource_metadata="${metadata}"`;
    expect(said).toBe(`Bearer ${both}, DPoP ${both}, ${algs}`);
  });

  it('says invalid_token with a fixed description', () => {
    expect(challenge('TOKEN_EXPIRED', { detail: { got: 'private' } })).toBe(
      'Bearer realm="census", error="invalid_token", error_description="The token has expired"',
    );
  });

  it('says invalid_request for two credentials', () => {
    expect(challenge('CREDENTIALS_AMBIGUOUS')).toContain('error="invalid_request"');
  });

  it('names the scopes that are required', () => {
    expect(
      challenge('SCOPE_MISSING', { detail: { expected: ['users:read', 'users:list'] } }),
    ).toMatch(/error="insufficient_scope", .*scope="users:read users:list"$/);
  });

  it('offers both schemes where proofs are checked', () => {
    expect(withDpop('TOKEN_MISSING')).toBe(`Bearer realm="census", DPoP realm="census", ${algs}`);
    const bad = 'realm="census", error="invalid_token", error_description="The token has expired"';
    expect(withDpop('TOKEN_EXPIRED')).toBe(`Bearer ${bad}, DPoP ${bad}, ${algs}`);
  });

  it.each([
    ['PROOF_INVALID', 'invalid_dpop_proof'],
    ['PROOF_REPLAYED', 'invalid_dpop_proof'],
    ['NONCE_REQUIRED', 'use_dpop_nonce'],
  ] as const)('says %s to DPoP alone', (code, error) => {
    const said = withDpop(code);
    expect(said).toMatch(/^DPoP realm="census", /);
    expect(said).toContain(`error="${error}"`);
    expect(said).not.toContain('Bearer');
  });

  it('never lets a scope break out of its quotes', () => {
    expect(challenge('SCOPE_MISSING', { detail: { expected: ['a"b', 'c', 7] } })).toMatch(
      /scope="c"$/,
    );
    expect(challenge('SCOPE_MISSING', { detail: { expected: 'a' } })).not.toContain('scope=');
  });

  it.each(['CALLER_FORBIDDEN', 'POLICY_REFUSED', 'KEYS_UNAVAILABLE'] as const)(
    'has nothing to say for %s',
    (code) => {
      expect(challenge(code)).toBeUndefined();
    },
  );
});
