import { comparableName, comparableSubject } from './distinguished-name.js';

describe('a distinguished name', () => {
  it.each([
    ['CN=web', 'CN=web'],
    ['CN=web,O=Example', 'O=Example\nCN=web'],
    ['cn=web, o=Example', 'O=Example\nCN=web'],
    ['CN=a\\,b,O=x', 'O=x\nCN=a\\,b'],
    ['CN=a\\2Cb', 'CN=a\\,b'],
    ['CN=Grün', 'CN=Grün'],
    ['CN=Gr\\C3\\BCn', 'CN=Grün'],
    ['CN=a\\\\,O=x', 'O=x\nCN=a\\\\'],
    ['CN=a=b', 'CN=a=b'],
    ['1.2.3.4=web', '1.2.3.4=web'],
  ])('%s is the subject that a certificate has', (name, subject) => {
    expect(comparableName(name)).toBeDefined();
    expect(comparableName(name)).toBe(comparableSubject(subject));
  });

  it.each([
    ['another value', 'CN=web', 'CN=Web'],
    ['less', 'CN=web', 'O=Example\nCN=web'],
    ['more', 'CN=web,O=Example', 'CN=web'],
    ['another order', 'CN=web,O=Example', 'CN=web\nO=Example'],
    ['two attributes that look like one', 'CN=web\\,O=Example', 'O=Example\nCN=web'],
    ['a line break in a value', 'CN=web,O=x', 'O=x\\0ACN=web'],
  ])('is not one with %s', (_name, name, subject) => {
    expect(comparableName(name)).toBeDefined();
    expect(comparableName(name)).not.toBe(comparableSubject(subject));
  });

  it.each([
    '',
    'web',
    '=web',
    'CN=',
    'CN=web,',
    ',CN=web',
    'CN=a+O=b',
    'CN=#0401',
    'CN=a"b',
    'CN=a\\',
    'CN=a\\x',
  ])('is not %j', (text) => {
    expect(comparableName(text)).toBeUndefined();
  });

  it('with several attributes in one place is the subject of nobody', () => {
    expect(comparableSubject('O=x\nCN=a + OU=b')).toBeUndefined();
  });
});
