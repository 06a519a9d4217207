import fc from 'fast-check';

import { parseStrictJson } from './strict-json.js';

const bytes = (...values: number[]) => Uint8Array.from(values);
const hasProto = (text: string) => text.includes('__proto__');

describe('parseStrictJson', () => {
  it('reads a text and its bytes as JSON.parse does', () => {
    const text = ' {"a":[1,-0.5e3,"\\"\\\\",{"a":null}],"ä😀":true,"b":{"a":false}} ';
    expect(parseStrictJson(text)).toEqual(JSON.parse(text));
    expect(parseStrictJson(new TextEncoder().encode(text))).toEqual(JSON.parse(text));
  });

  it('agrees with JSON.parse on every text JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), fc.nat({ max: 3 }), (text, indent) => {
        fc.pre(!hasProto(text));
        const spaced = JSON.stringify(JSON.parse(text), null, indent);
        expect(parseStrictJson(Buffer.from(spaced))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('accepts nothing that JSON.parse refuses, whatever the text', () => {
    const token = fc.constantFrom(...'{}[]",:\\', '"a"', '"b"', '"\\u0061"', '1', 'null', ' ');
    fc.assert(
      fc.property(fc.array(token, { maxLength: 24 }), (tokens) => {
        const text = tokens.join('');
        const strict = attempt(() => parseStrictJson(text));
        if (strict.ok) expect(strict.value).toEqual(JSON.parse(text));
        else expect(strict.error).toBeInstanceOf(SyntaxError);
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses a repeated name wherever it stands, however it is escaped', () => {
    const member = fc.tuple(fc.string({ minLength: 1, maxLength: 6 }), fc.json({ maxDepth: 2 }));
    fc.assert(
      fc.property(fc.array(member, { minLength: 1 }), fc.nat(), fc.boolean(), (all, pick, esc) => {
        const [name] = all[pick % all.length]!;
        const members = all.map(([key, value]) => `${JSON.stringify(key)}:${value}`);
        const again = `${esc ? escapeAll(name) : JSON.stringify(name)}:0`;
        const text = `[{"outer":{${[...members, again].join(',')}}}]`;
        expect(() => parseStrictJson(text)).toThrow(SyntaxError);
      }),
    );
  });

  it('allows one name in different objects', () => {
    const text = '{"a":{"a":[{"a":1},{"a":2}]},"b":{"a":"a"}}';
    expect(parseStrictJson(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ['a repeated name', '{"aud":1,"aud":2}', 'duplicate member "aud"'],
    ['a repeated name in escapes', '{"aud":1,"\\u0061ud":2}', 'duplicate member "aud"'],
    ['a repeated empty name', '{"":1,"":2}', 'duplicate member ""'],
    ['a repeated long name, cut', `{"${'n'.repeat(99)}":1,"${'n'.repeat(99)}":2}`, 'nnn..."'],
    ['__proto__', '{"__proto__":{"scope":"x"}}', 'member __proto__'],
    ['__proto__ in escapes', '{"a":[{"__pr\\u006fto__":1}]}', 'member __proto__'],
    ['a byte order mark', '\ufeff{}', 'byte order mark'],
    ['an unclosed string', '{"a', 'not JSON'],
    ['an unclosed string after an escaped quote', '"\\"', 'not JSON'],
    ['a bad escape in a name', '{"\\x":1}', 'not JSON'],
    ['nothing', '', 'not JSON'],
    ['a trailing comma', '{"a":1,}', 'not JSON'],
    ['two texts', '{}{}', 'not JSON'],
    ['a closer too many', '}', 'not JSON'],
    ['a raw control character', '"\n"', 'not JSON'],
    ['NaN', 'NaN', 'not JSON'],
    ['a comment', '{}//', 'not JSON'],
  ])('refuses %s', (_name, text, message) => {
    expect(() => parseStrictJson(text)).toThrow(SyntaxError);
    expect(() => parseStrictJson(text)).toThrow(message);
  });

  it.each([
    ['a lone continuation byte', bytes(0x22, 0x80, 0x22)],
    ['an overlong form', bytes(0x22, 0xc0, 0xa2, 0x22)],
    ['an encoded surrogate', bytes(0x22, 0xed, 0xa0, 0x80, 0x22)],
    ['a cut sequence', bytes(0x22, 0xe2, 0x82, 0x22)],
    ['UTF-16', Buffer.from('{}', 'utf16le')],
    ['a byte order mark in bytes', bytes(0xef, 0xbb, 0xbf, 0x7b, 0x7d)],
  ])('refuses %s', (_name, text) => {
    expect(() => parseStrictJson(text)).toThrow(SyntaxError);
  });

  it('reads the bytes of a view, not of the buffer under it', () => {
    const whole = new TextEncoder().encode('xx{"a":1}xx');
    expect(parseStrictJson(whole.subarray(2, -2))).toEqual({ a: 1 });
  });

  it('keeps the depth it is given', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(() => parseStrictJson(nested(16))).not.toThrow();
    expect(() => parseStrictJson(nested(17))).toThrow('nested deeper than 16');
    expect(() => parseStrictJson('{"a":{}}', { maxDepth: 1 })).toThrow('nested deeper than 1');
    expect(() => parseStrictJson(nested(200_000), { maxDepth: 1e9 })).not.toThrow(RangeError);
  });

  it('never quotes the text in its message', () => {
    const secret = 'hunter2';
    const { error } = attempt(() => parseStrictJson(`{"password":"${secret}"`));
    expect(String(error) + String(error?.stack) + String(error?.cause)).not.toContain(secret);
  });
});

function escapeAll(name: string): string {
  const units = Array.from({ length: name.length }, (_, at) => name.charCodeAt(at));
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`;
}

function attempt<T>(
  run: () => T,
): { ok: true; value: T; error?: Error } | { ok: false; error: Error } {
  try {
    return { ok: true, value: run() };
  } catch (error) {
    return { ok: false, error: error as Error };
  }
}
