import { randomBytes } from 'node:crypto';

import { Cookies } from './cookies.js';
import { FormTokens } from './form-tokens.js';

const [now, before] = [randomBytes(32), randomBytes(32)];

describe('FormTokens', () => {
  const tokens = new FormTokens({ derive: () => [now] });
  const cookie = tokens.cookieOf(undefined);

  it('takes the token of this browser and this form', () => {
    expect(tokens.isRight(cookie, '/a', tokens.make(cookie, '/a'))).toBe(true);
  });

  it.each<[string, () => boolean]>([
    ['another path', () => tokens.isRight(cookie, '/b', tokens.make(cookie, '/a'))],
    [
      'another cookie',
      () => tokens.isRight(tokens.cookieOf(undefined), '/a', tokens.make(cookie, '/a')),
    ],
    ['no cookie', () => tokens.isRight(undefined, '/a', tokens.make(cookie, '/a'))],
    ['no token', () => tokens.isRight(cookie, '/a', undefined)],
    ['the cookie itself', () => tokens.isRight(cookie, '/a', cookie)],
    ['a cookie of another form', () => tokens.isRight('x', '/a', tokens.make('x', '/a'))],
    [
      'a token of another key',
      () =>
        tokens.isRight(cookie, '/a', new FormTokens({ derive: () => [before] }).make(cookie, '/a')),
    ],
  ])('refuses one with %s', (_what, isRight) => {
    expect(isRight()).toBe(false);
  });

  it('takes tokens of the key before, while it is being replaced', () => {
    const replaced = new FormTokens({ derive: () => [before, now] });
    expect(replaced.isRight(cookie, '/a', tokens.make(cookie, '/a'))).toBe(true);
  });

  it('keeps a cookie of ours, and gives a new one for what is none', () => {
    expect(tokens.cookieOf(cookie)).toBe(cookie);
    expect(tokens.cookieOf('evil; Path=/')).toMatch(/^[\w-]{43}$/);
  });
});

describe('Cookies', () => {
  const secure = new Cookies('https://auth.example/');
  const local = new Cookies('http://127.0.0.1:4000/');

  it('binds cookies to the host under https', () => {
    expect(secure.write('form', 'v')).toBe(
      '__Host-countersign-form=v; Path=/; HttpOnly; SameSite=Lax; Secure',
    );
    expect(secure.write('away', 'v', { path: '/people/external', maxAge: 60 })).toBe(
      '__Secure-countersign-away=v; Path=/people/external; Max-Age=60; HttpOnly; SameSite=Lax; Secure',
    );
    expect(local.write('form', 'v')).toBe('countersign-form=v; Path=/; HttpOnly; SameSite=Lax');
  });

  it.each([
    ['none', undefined, undefined],
    ['ours among others', 'a=b; __Host-countersign-form=v; c=d', 'v'],
    ['one without the prefix', 'countersign-form=v', undefined],
    [
      'one that a neighbour planted beside it',
      '__Host-countersign-form=v; __Host-countersign-form=w',
      undefined,
    ],
    ['one whose name only ends like ours', 'x__Host-countersign-form=v', undefined],
  ])('reads %s', (_what, header, value) => {
    expect(secure.read(header, 'form')).toBe(value);
  });
});
