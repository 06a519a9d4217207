import { parseScope } from './parse-scope.js';

describe('parseScope', () => {
  it('splits at single spaces and names each scope once', () => {
    expect(parseScope('users:read mail!send users:read')).toEqual(['users:read', 'mail!send']);
  });

  it.each([
    ['two spaces', 'a  b'],
    ['a leading space', ' a'],
    ['a trailing space', 'a '],
    ['only a space', ' '],
    ['a TAB', 'a\tb'],
    ['a line break', 'a\nb'],
    ['a quotation mark', 'a"b'],
    ['a backslash', 'a\\b'],
    ['a non-breaking space', 'a\u00a0b'],
    ['letters outside ASCII', 'ü'],
    ['a NUL', 'a\0'],
  ])('refuses %s', (_what, value) => {
    expect(() => parseScope(value)).toThrow(expect.objectContaining({ code: 'invalid_scope' }));
  });
});
