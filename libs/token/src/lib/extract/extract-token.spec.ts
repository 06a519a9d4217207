import fc from 'fast-check';

import { AccessError } from '../errors.js';
import type { Carrier, HeaderFields } from '../types.js';
import { carriesCredentials, extractToken } from './extract-token.js';

const every = new Set<Carrier>(['Bearer', 'JWT', 'Token']);
const only = (...carriers: Carrier[]) => new Set(carriers);
const extract = (headers: HeaderFields, carriers: ReadonlySet<Carrier> = every) =>
  extractToken(headers, carriers);

function refusal(headers: HeaderFields, carriers: ReadonlySet<Carrier> = every): AccessError {
  try {
    extract(headers, carriers);
  } catch (error) {
    if (error instanceof AccessError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('carriesCredentials', () => {
  it.each<[boolean, string, HeaderFields]>([
    [false, 'nothing', {}],
    [false, 'empty header fields', { authorization: [''], jwt: [], token: [' '] }],
    [false, 'fields where no token may stand', { cookie: ['token=a'], 'x-token': ['a'] }],
    [true, 'a token', { authorization: ['Bearer aa.bb.cc'] }],
    [true, 'another scheme', { authorization: ['Basic dXNlcjpwYXNz'] }],
    [true, 'a header that nobody accepts', { token: ['nonsense'] }],
    [true, 'two empty ones', { authorization: ['', ''] }],
  ])('says %s of a request with %s', (expected, _name, headers) => {
    expect(carriesCredentials(headers)).toBe(expected);
  });
});

describe('extractToken', () => {
  it.each<[name: string, headers: HeaderFields, carrier: Carrier]>([
    ['Bearer', { authorization: ['Bearer aa.bb.cc'] }, 'Bearer'],
    ['bearer in lower case', { authorization: ['bearer aa.bb.cc'] }, 'Bearer'],
    ['BEARER in upper case', { authorization: ['BEARER aa.bb.cc'] }, 'Bearer'],
    ['Bearer and several spaces', { authorization: ['Bearer   aa.bb.cc'] }, 'Bearer'],
    ['the JWT header', { jwt: ['aa.bb.cc'] }, 'JWT'],
    ['the Token header', { token: ['aa.bb.cc'] }, 'Token'],
    [
      'the JWT header beside an empty Authorization',
      { authorization: [''], jwt: ['aa.bb.cc'] },
      'JWT',
    ],
    [
      'Bearer beside an empty JWT header',
      { authorization: ['Bearer aa.bb.cc'], jwt: [' '] },
      'Bearer',
    ],
    ['Bearer beside an absent header', { authorization: ['Bearer aa.bb.cc'], jwt: [] }, 'Bearer'],
  ])('finds the token in %s', (_name, headers, carrier) => {
    expect(extract(headers)).toEqual({ token: 'aa.bb.cc', carrier });
  });

  it.each(['DPoP', 'dpop', 'DPOP'])('finds the token after %s where it is accepted', (scheme) => {
    const headers = { authorization: [`${scheme} aa.bb.cc`] };
    expect(extract(headers, only('DPoP'))).toEqual({ token: 'aa.bb.cc', carrier: 'DPoP' });
  });

  it('reads every character of b64token', () => {
    expect(extract({ authorization: ['Bearer az.AZ-09_~+/=='] }).token).toBe('az.AZ-09_~+/==');
  });

  it.each<[name: string, headers: HeaderFields]>([
    ['no header', {}],
    ['an empty Authorization', { authorization: [''] }],
    ['a blank Authorization', { authorization: [' \t'] }],
    ['an empty JWT header', { jwt: [''] }],
    ['Basic', { authorization: ['Basic dXNlcjpwYXNz'] }],
    ['another scheme alone', { authorization: ['Negotiate'] }],
    ['a scheme that only starts like ours', { authorization: ['Bearerx aa.bb.cc'] }],
    ['DPoP where it is not accepted', { authorization: ['DPoP aa.bb.cc'] }],
    ['a cookie', { cookie: ['access_token=aa.bb.cc'] }],
    ['the CGI alias', { authorization_: ['Bearer aa.bb.cc'] }],
    ['X-Forwarded-Authorization', { 'x-forwarded-authorization': ['Bearer aa.bb.cc'] }],
    ['Proxy-Authorization', { 'proxy-authorization': ['Bearer aa.bb.cc'] }],
  ])('refuses %s with TOKEN_MISSING', (_name, headers) => {
    const error = refusal(headers);
    expect([error.code, error.status, error.error]).toEqual(['TOKEN_MISSING', 401, undefined]);
  });

  it('looks only into the carriers in use', () => {
    expect(refusal({ jwt: ['aa.bb.cc'] }, only('Bearer')).code).toBe('TOKEN_MISSING');
    expect(refusal({ token: ['aa.bb.cc'] }, only('JWT')).code).toBe('TOKEN_MISSING');
    expect(refusal({ authorization: ['Bearer aa.bb.cc'] }, only('JWT')).code).toBe('TOKEN_MISSING');
    const beside = { authorization: ['Bearer aa.bb.cc'], token: ['x', 'y'] };
    expect(extract(beside, only('Bearer', 'JWT')).carrier).toBe('Bearer');
  });

  it.each<[name: string, headers: HeaderFields]>([
    ['Bearer alone', { authorization: ['Bearer'] }],
    ['Bearer and a blank', { authorization: ['Bearer '] }],
    ['Bearer and blanks', { authorization: ['Bearer    '] }],
    ['a TAB after the scheme', { authorization: ['Bearer\taa.bb.cc'] }],
    ['a TAB after the space', { authorization: ['Bearer \taa.bb.cc'] }],
    ['a trailing space', { authorization: ['Bearer aa.bb.cc '] }],
    ['two tokens', { authorization: ['Bearer aa.bb.cc dd.ee.ff'] }],
    ['credentials joined by a comma', { authorization: ['Bearer aa.bb.cc, Bearer dd.ee.ff'] }],
    ['a comma after the scheme', { authorization: ['Bearer,aa.bb.cc'] }],
    ['a byte 0xFF', { authorization: ['Bearer aa.bb.cc\u00ff'] }],
    ['NUL', { authorization: ['Bearer aa.bb.cc\0'] }],
    ['a newline', { authorization: ['Bearer aa.bb.cc\n'] }],
    ['only padding', { authorization: ['Bearer ='] }],
    ['padding inside', { authorization: ['Bearer aa=bb'] }],
    ['quotes', { authorization: ['Bearer "aa.bb.cc"'] }],
    ['no scheme', { authorization: ['=aa.bb.cc'] }],
    ['a leading blank', { authorization: [' Bearer aa.bb.cc'] }],
    ['a JWT header joined by a comma', { jwt: ['aa.bb.cc, dd.ee.ff'] }],
    ['a scheme in the JWT header', { jwt: ['Bearer aa.bb.cc'] }],
    ['a blank before the token of the Token header', { token: [' aa.bb.cc'] }],
  ])('refuses %s with CREDENTIALS_MALFORMED', (_name, headers) => {
    const error = refusal(headers);
    expect([error.code, error.status]).toEqual(['CREDENTIALS_MALFORMED', 400]);
    expect(JSON.stringify(error.detail)).not.toContain('aa.bb.cc');
  });

  it.each<[name: string, headers: HeaderFields]>([
    ['two Authorization headers', { authorization: ['Bearer aa.bb.cc', 'Bearer dd.ee.ff'] }],
    ['the same credential twice', { authorization: ['Bearer aa.bb.cc', 'Bearer aa.bb.cc'] }],
    ['two JWT headers', { jwt: ['aa.bb.cc', 'dd.ee.ff'] }],
    ['two empty JWT headers', { jwt: ['', ''] }],
    ['Bearer beside a JWT header', { authorization: ['Bearer aa.bb.cc'], jwt: ['dd.ee.ff'] }],
    ['another scheme beside a JWT header', { authorization: ['Basic aa'], jwt: ['dd.ee.ff'] }],
    ['a broken value beside a JWT header', { authorization: ['Bearer'], jwt: ['dd.ee.ff'] }],
    ['a JWT beside a Token header', { jwt: ['aa.bb.cc'], token: ['dd.ee.ff'] }],
  ])('refuses %s with CREDENTIALS_AMBIGUOUS', (_name, headers) => {
    const error = refusal(headers);
    expect([error.code, error.status]).toEqual(['CREDENTIALS_AMBIGUOUS', 400]);
    expect(JSON.stringify(error.detail)).not.toContain('aa.bb.cc');
  });

  it('answers any headers with a token of the grammar or with a refusal', () => {
    const value = fc.oneof(
      fc.string(),
      fc.string().map((text) => `Bearer ${text}`),
    );
    const values = fc.option(fc.array(value, { maxLength: 2 }), { nil: undefined });
    fc.assert(
      fc.property(fc.record({ authorization: values, jwt: values, token: values }), (headers) => {
        try {
          expect(extract(headers).token).toMatch(/^[\w\-.~+/]+=*$/);
        } catch (error) {
          expect(error).toBeInstanceOf(AccessError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
