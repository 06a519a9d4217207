import { UserUris } from './user-uris.js';

describe('UserUris', () => {
  const uris = new UserUris('https://census.example/');

  it('names a user by one URI, and finds the user again', () => {
    expect(uris.of(42)).toBe('https://census.example/user/42/');
    expect(uris.idOf('https://census.example/user/42/')).toBe(42);
  });

  it.each([
    'https://census.example/user/42',
    'https://census.example/user/042/',
    'https://census.example/user/42//',
    'https://census.example/user//42/',
    'https://census.example/user/',
    'https://census.example/user/42/../7/',
    'https://census.example/user/42/?x',
    'https://census.example/user/42/#x',
    'https://CENSUS.example/user/42/',
    'https://census.example:443/user/42/',
    'https://census.example@evil.example/user/42/',
    'https://evil.example/user/42/',
    'http://census.example/user/42/',
    '/user/42/',
    '42',
  ])('knows nobody by %s', (uri) => {
    expect(uris.idOf(uri)).toBeUndefined();
  });
});
