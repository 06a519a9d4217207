import { decodeFormText, parseForm } from './parse-form.js';

const parse = (text: string | Buffer) => parseForm(Buffer.from(text));

describe('parseForm', () => {
  it('reads names and values, decoded', () => {
    const form = parse('grant_type=client_credentials&scope=a+b%20c&name=%C3%BC');
    expect(form.get('grant_type')).toBe('client_credentials');
    expect(form.get('scope')).toBe('a b c');
    expect(form.get('name')).toBe('ü');
    expect(form.get('missing')).toBeUndefined();
  });

  it.each(['', '&', 'scope=', 'scope', '&&scope=&'])('finds nothing in "%s"', (text) => {
    expect(parse(text).get('scope')).toBeUndefined();
  });

  it('collects resources in order', () => {
    expect(parse('resource=a&x=1&resource=b&resource=').resources).toEqual(['a', 'b']);
  });

  it.each(['__proto__', 'constructor', 'toString'])(
    'has no parameter %s that was not sent',
    (name) => {
      expect(parse('a=b').get(name)).toBeUndefined();
      expect(parse(`${name}=x`).get(name)).toBe('x');
    },
  );

  it.each([
    ['a parameter that is there twice', 'scope=a&scope=a'],
    ['the same parameter in another spelling', 'scope=a&%73cope=b'],
    ['an empty one beside a full one', 'scope=&scope=a'],
    ['a bare percent sign', 'scope=%'],
    ['a cut escape', 'scope=%4'],
    ['an escape that is not hexadecimal', 'scope=%zz'],
    ['an escape that is not UTF-8', 'scope=%ff'],
    ['an overlong escape', 'scope=%c0%af'],
    ['an escaped NUL', 'scope=a%00b'],
    ['an escaped line break', 'scope=a%0Ab'],
    ['a raw NUL', 'scope=a\0b'],
    ['a raw line break', 'scope=a\r\nb'],
    ['raw bytes above ASCII', Buffer.from('scope=ü')],
    ['UTF-16', Buffer.from('scope=a', 'utf16le')],
    ['a value without a name', '=a'],
    ['too many parameters', Array.from({ length: 33 }, (_, n) => `p${n}=1`).join('&')],
  ])('refuses %s', (_what, text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });

  it('reads fifty thousand parameters in no time', () => {
    const before = process.cpuUsage().user;
    expect(() => parse('a=1&'.repeat(16_000))).toThrow();
    expect(process.cpuUsage().user - before).toBeLessThan(50_000);
  });
});

describe('decodeFormText', () => {
  it.each([
    ['a+b', 'a b'],
    ['a%2Bb', 'a+b'],
    ['%F0%9F%94%91', '🔑'],
    ['~!*()', '~!*()'],
  ])('decodes %s', (text, decoded) => {
    expect(decodeFormText(text)).toBe(decoded);
  });
});
