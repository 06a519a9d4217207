import { isCensusUserUri } from './census-user-uri.js';

describe('isCensusUserUri', () => {
  const census = 'https://census.example/';

  it.each(['https://census.example/user/42/', 'https://census.example/user/9007199254740991/'])(
    'accepts %s',
    (uri) => {
      expect(isCensusUserUri(census, uri)).toBe(true);
    },
  );

  it.each([
    '',
    '42',
    '/user/42/',
    'https://evil.example/user/42/',
    'https://census.example@evil.example/user/42/',
    'https://census.example.evil.example/user/42/',
    'https://census.example:8443/user/42/',
    'https://census.example:443/user/42/',
    'http://census.example/user/42/',
    'HTTPS://census.example/user/42/',
    'https://CENSUS.example/user/42/',
    'https://127.0.0.1/user/42/',
    'file:///user/42/',
    '//census.example/user/42/',
    'https:\\\\census.example\\user\\42\\',
    'https://census.example/user/42',
    'https://census.example/user/042/',
    'https://census.example/user/0/',
    'https://census.example/user/-1/',
    'https://census.example/user/9007199254740992/',
    'https://census.example/user/42//',
    'https://census.example//user/42/',
    'https://census.example/user/42/../../admin/',
    'https://census.example/user/42%2f..%2f7/',
    'https://census.example/user/%34%32/',
    'https://census.example/user/42/?a=b/',
    'https://census.example/user/42/#/',
    'https://census.example/user/42;x/',
    ' https://census.example/user/42/',
    'https://census.example/user/42/ ',
    'https://census.example/user/42\r\nHost: x/',
    'https://census.example/user/٤٢/',
  ])('refuses %j', (uri) => {
    expect(isCensusUserUri(census, uri)).toBe(false);
  });
});
