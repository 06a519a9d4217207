import { isScopeToken, parseScope } from './parse-scope.js';

describe('parseScope', () => {
  it('reads scopes in their order, each once', () => {
    expect(parseScope('users:read a,b users:read !')).toEqual(['users:read', 'a,b', '!']);
  });

  it.each(['', ' ', ' a', 'a ', 'a  b', 'a\tb', 'a\nb', 'a "b"', 'a\\b', 'a\0', 'ä', 'a\u00a0b'])(
    'refuses %j',
    (text) => {
      expect(parseScope(text)).toBeUndefined();
    },
  );
});

describe('isScopeToken', () => {
  it.each(['users:read', 'https://census.example/read', '~'])('takes %j', (text) => {
    expect(isScopeToken(text)).toBe(true);
  });

  it.each([undefined, null, 1, ['a'], '', 'a b'])('refuses %j', (value) => {
    expect(isScopeToken(value)).toBe(false);
  });
});
