import { AccessError } from '@countersign/token';

import { challengeOf } from './challenge.js';

const challenge = (...args: ConstructorParameters<typeof AccessError>) =>
  challengeOf(new AccessError(...args), 'census');

describe('challengeOf', () => {
  it('names only the realm when there were no credentials', () => {
    expect(challenge('TOKEN_MISSING')).toBe('Bearer realm="census"');
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
