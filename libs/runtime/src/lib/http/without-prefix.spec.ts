import { withoutPrefix } from './without-prefix.js';

describe('withoutPrefix', () => {
  const strip = withoutPrefix('https://example.com/auth/')!;

  it('leaves an app without a path alone', () => {
    expect(withoutPrefix('https://example.com/')).toBeUndefined();
  });

  it.each([
    ['what a proxy kept', '/auth/oauth2/token', '/oauth2/token'],
    ['what a proxy stripped', '/oauth2/token', '/oauth2/token'],
    ['a query', '/auth/x?a=/auth/', '/x?a=/auth/'],
    ['the path alone', '/auth', '/'],
    ['the path with a query', '/auth?a', '/?a'],
    ['the path with a slash', '/auth/', '/'],
    [
      'a well-known address',
      '/.well-known/oauth-authorization-server/auth',
      '/.well-known/oauth-authorization-server',
    ],
    ['one with a slash', '/.well-known/a/auth/', '/.well-known/a'],
    ['one with a query', '/.well-known/a/auth?x=1', '/.well-known/a?x=1'],
    ['one under the path', '/auth/.well-known/jwks.json', '/.well-known/jwks.json'],
    ['a path that only begins alike', '/authority/x', '/authority/x'],
    ['a path in capitals', '/AUTH/x', '/AUTH/x'],
    ['an encoded path', '/%61uth/x', '/%61uth/x'],
    ['the path twice', '/auth/auth/x', '/auth/x'],
    ['a well-known address of somebody else', '/.well-known/a/other', '/.well-known/a/other'],
    ['a well-known address that only ends alike', '/.well-known/a/x/auth', '/.well-known/a/x/auth'],
    ['an asterisk', '*', '*'],
    ['nothing', '', ''],
  ])('reads %s', (_what, target, route) => {
    expect(strip(target)).toBe(route);
  });
});
