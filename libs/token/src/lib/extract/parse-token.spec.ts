import fc from 'fast-check';

import { AccessError } from '../errors.js';
import type { TokenLimits } from './parse-compact-jws.js';
import { parseToken } from './parse-token.js';

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const header = { alg: 'ES256', kid: 'one', typ: 'at+jwt' };
const claims = { iss: 'https://auth.example', nested: { list: [1, 'two', null] } };
const signature = Buffer.alloc(64, 7).toString('base64url');
const token = (first: unknown, second: unknown = claims): string =>
  `${encode(first)}.${encode(second)}.${signature}`;
const good = token(header);

function refusal(text: string, limits?: TokenLimits): AccessError {
  try {
    parseToken(text, limits);
  } catch (error) {
    if (error instanceof AccessError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('parseToken', () => {
  it('takes a compact JWT apart', () => {
    const parsed = parseToken(good);
    expect(parsed.header).toEqual(header);
    expect(parsed.claims).toEqual(claims);
    expect(parsed.signature.toString('base64url')).toBe(signature);
    expect(parsed.signingInput.toString()).toBe(good.slice(0, good.lastIndexOf('.')));
  });

  it('reads a header without kid and without typ, and members it does not know', () => {
    expect(parseToken(token({ alg: 'HS256', x5t: 'abc' })).header).toEqual({
      alg: 'HS256',
      x5t: 'abc',
    });
  });

  it('ignores jwk, jku, x5u and x5c: they are data like any other', () => {
    const extra = {
      jwk: { kty: 'oct', k: 'AA' },
      jku: 'https://evil.example/',
      x5u: '',
      x5c: [''],
    };
    expect(parseToken(token({ ...header, ...extra })).header).toEqual({ ...header, ...extra });
  });

  it.each<[name: string, text: string, check: string]>([
    ['nothing', '', 'structure'],
    ['one part', 'abc', 'structure'],
    ['two parts', good.slice(0, good.lastIndexOf('.')), 'structure'],
    ['four parts', `${good}.${signature}`, 'structure'],
    ['five parts: an encrypted token', `${good}.AA.AA`, 'structure'],
    ['more parts than anybody counts', `${good}${'.AA'.repeat(2000)}`, 'structure'],
    ['only dots', '..', 'structure'],
    ['an empty signature', good.slice(0, good.lastIndexOf('.') + 1), 'structure'],
    ['the JSON serialisation', JSON.stringify({ payload: '', signature: '' }), 'structure'],
    ['an empty header', `.${encode(claims)}.${signature}`, 'header'],
    ['an empty payload', `${encode(header)}..${signature}`, 'claims'],
    ['padding', `${encode('{"alg":"ES256"}')}==.${encode(claims)}.${signature}`, 'encoding'],
    ['padding after the signature', `${good}==`, 'encoding'],
    ['the standard alphabet', `${encode(header)}.${encode(claims)}.${'+/'.repeat(43)}`, 'encoding'],
    ['a trailing space', `${good} `, 'encoding'],
    ['a trailing newline', `${good}\n`, 'encoding'],
    ['a leading space', ` ${good}`, 'encoding'],
    ['a zero-width space', `${good}\u200b`, 'encoding'],
    ['a byte 0xFF', `${good}\u00ff`, 'encoding'],
    ['unused bits that are set', `${encode(header)}.${encode(claims)}.Zh`, 'encoding'],
    ['a header that is not JSON', token('alg'), 'header'],
    ['a header null', token('null'), 'header'],
    ['a header array', token([]), 'header'],
    ['a header number', token(1), 'header'],
    ['a header string', token('"x"'), 'header'],
    ['a header without alg', token({ kid: 'one' }), 'header'],
    ['alg null', token({ alg: null }), 'header'],
    ['alg as an array', token({ alg: ['ES256'] }), 'header'],
    ['two algs', token('{"alg":"none","alg":"ES256"}'), 'header'],
    ['crit', token({ ...header, crit: ['exp'] }), 'header'],
    ['crit null', token({ ...header, crit: null }), 'header'],
    ['b64 false', token({ ...header, b64: false }), 'header'],
    ['b64 true', token({ ...header, b64: true }), 'header'],
    ['zip', token({ ...header, zip: 'DEF' }), 'header'],
    ['an empty kid', token({ alg: 'ES256', kid: '' }), 'header'],
    ['a kid number', token({ alg: 'ES256', kid: 1 }), 'header'],
    ['a kid null', token({ alg: 'ES256', kid: null }), 'header'],
    ['a kid of 257 characters', token({ alg: 'ES256', kid: 'k'.repeat(257) }), 'header'],
    ['claims array', token(header, []), 'claims'],
    ['claims null', token(header, 'null'), 'claims'],
    ['claims string', token(header, '"x"'), 'claims'],
    ['claims behind a byte order mark', token(header, '\ufeff{}'), 'claims'],
    ['a repeated claim', token(header, '{"aud":"a","aud":"b"}'), 'claims'],
    ['a repeated claim in escapes', token(header, '{"aud":"a","\\u0061ud":"b"}'), 'claims'],
    ['__proto__', token(header, '{"__proto__":{"scope":"all"}}'), 'claims'],
    ['3 000 levels', token(header, `${'['.repeat(3000)}${']'.repeat(3000)}`), 'claims'],
  ])('refuses %s with TOKEN_MALFORMED', (_name, text, check) => {
    const error = refusal(text);
    expect(error.code).toBe('TOKEN_MALFORMED');
    expect(error.status).toBe(401);
    expect(error.detail.check).toBe(check);
  });

  it('refuses claims in invalid UTF-8', () => {
    const bytes = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]).toString('base64url');
    expect(refusal(`${encode(header)}.${bytes}.${signature}`).detail.got).toBe('invalid UTF-8');
  });

  it('accepts a kid of 256 characters', () => {
    expect(() => parseToken(token({ alg: 'ES256', kid: 'k'.repeat(256) }))).not.toThrow();
  });

  it('keeps to 8192 bytes, or to what it is told', () => {
    const filled = (length: number) => {
      const fixed = token(header, { pad: '' }).length;
      return token(header, { pad: 'x'.repeat(Math.floor(((length - fixed) * 3) / 4)) });
    };
    expect(() => parseToken(filled(8192))).not.toThrow();
    expect(refusal(filled(8200)).detail).toMatchObject({ check: 'size', expected: 8192 });
    expect(refusal(good, { maxBytes: good.length - 1 }).detail.check).toBe('size');
    expect(() => parseToken(good, { maxBytes: good.length })).not.toThrow();
  });

  it('answers any text with a parse or with TOKEN_MALFORMED', () => {
    const part = fc.oneof(fc.string(), fc.json().map(encode), fc.base64String());
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        try {
          expect(Object.keys(parseToken(parts.join('.')).header)).toContain('alg');
        } catch (error) {
          expect(error).toMatchObject({ code: 'TOKEN_MALFORMED' });
        }
      }),
    );
  });

  it('refuses every one-character change of a part that is not a change of its bytes', () => {
    const index = fc.nat({ max: good.length - 1 });
    fc.assert(
      fc.property(index, fc.constantFrom(...'Aa-_=+/. \n'), (at, character) => {
        const changed = good.slice(0, at) + character + good.slice(at + 1);
        fc.pre(changed !== good);
        try {
          const parsed = parseToken(changed);
          const bytes = Buffer.concat([parsed.signingInput, Buffer.from('.'), parsed.signature]);
          const original = parseToken(good);
          const before = Buffer.concat([
            original.signingInput,
            Buffer.from('.'),
            original.signature,
          ]);
          expect(bytes.equals(before)).toBe(false);
        } catch (error) {
          expect(error).toMatchObject({ code: 'TOKEN_MALFORMED' });
        }
      }),
    );
  });

  it('never puts the token into its detail', () => {
    const secret = encode('the secret claim');
    for (const text of [`${good}.${secret}`, `${good}${secret} `, token(header, `{"a":"${secret}`)])
      expect(JSON.stringify(refusal(text).detail)).not.toContain(secret);
  });
});
