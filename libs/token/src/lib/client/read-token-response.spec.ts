import { readTokenResponse } from './read-token-response.js';

const good = {
  access_token: 'abc.def-_~+/==',
  token_type: 'bearer',
  expires_in: 300,
  scope: 'users:list users:read',
};
const expected = { scopes: ['users:read'], isExchange: false, isBound: false };
const read = (members: object = {}, more: Partial<typeof expected> = {}) =>
  readTokenResponse(Buffer.from(JSON.stringify({ ...good, ...members })), { ...expected, ...more });

describe('readTokenResponse', () => {
  it('reads token and lifetime, and no other member', () => {
    const given = { token: good.access_token, lifetime: 300 };
    expect(read({ refresh_token: 7 })).toEqual(given);
    expect(read({ scope: undefined })).toEqual(given);
    expect(read({ token_type: 'DPoP' }, { isBound: true })).toEqual(given);
    const issued_token_type = 'urn:ietf:params:oauth:token-type:jwt';
    expect(read({ issued_token_type }, { isExchange: true })).toEqual(given);
  });

  it.each<[string, object, Partial<typeof expected>?]>([
    ['access_token', { access_token: '' }],
    ['access_token', { access_token: 'a b' }],
    ['access_token', { access_token: 'a'.repeat(8193) }],
    ['access_token', { access_token: {} }],
    ['expires_in', { expires_in: '300' }],
    ['expires_in', { expires_in: 0 }],
    ['expires_in', { expires_in: 86_401 }],
    ['token_type', { token_type: 'mac' }],
    ['token_type', { token_type: 'DPoP' }],
    ['token_type', {}, { isBound: true }],
    ['issued_token_type', {}, { isExchange: true }],
    ['scope', { scope: 'users:list' }],
    ['scope', { scope: 'users:read  users:list' }],
    ['scope', { scope: ['users:read'] }],
  ])('refuses a bad %s (row %#)', (member, members, more = {}) => {
    expect(() => read(members, more)).toThrow(member);
  });
});
