import { createHash } from 'node:crypto';

import fc from 'fast-check';

import {
  anAuthorizationServer,
  aServicePeer,
  serviceTokenClaims,
  verified,
} from '../../../test/builders.js';
import { AccessError } from '../errors.js';
import type { Binding, HeaderFields, JsonObject } from '../types.js';
import { bodyDigest } from './body-digest.js';
import { checkBinding, type BoundRequest } from './check-binding.js';

const content = Buffer.from('{"email":"ada@example.org"}');
const json = { 'content-type': ['application/json'] };
const policy = { publicUrl: 'https://census.example/', maxBodyBytes: 64 };
const htu = 'https://census.example/user/42?full=1';
const claims = { ...serviceTokenClaims, bdy: bodyDigest(content), htm: 'PUT', htu };
const legacy = aServicePeer({
  profile: { name: 'legacy-service-token', types: ['jwt'], requiredClaims: [] },
});
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');
const base64 = (hash: string) => createHash(hash).update(content).digest('base64');

interface Call extends Partial<BoundRequest> {
  readonly claims?: JsonObject;
  readonly issuer?: ReturnType<typeof aServicePeer>;
  readonly binding?: Binding;
}

/** The code that refuses a call which is good but for these changes. */
function codeOf(changes: Call): unknown {
  const { issuer = aServicePeer(), binding = 'request', claims: other = {}, ...request } = changes;
  const good = { method: 'PUT', target: '/user/42?full=1', headers: json, content };
  try {
    const token = verified(issuer, { ...claims, ...other });
    checkBinding(binding, token, { ...good, ...request }, policy);
  } catch (error) {
    return error instanceof AccessError ? error.code : error;
  }
  return 'accepted';
}

describe('checkBinding', () => {
  it('lets a token pass that was signed for this very request', () => {
    expect(codeOf({})).toBe('accepted');
  });

  it('asks for nothing but the digest where only the body is bound', () => {
    const unbound = { htm: undefined, htu: undefined };
    expect(codeOf({ binding: 'body', method: 'POST', claims: unbound })).toBe('accepted');
  });

  it('refuses what somebody else issued to the sender, whatever it says', () => {
    const issuer = anAuthorizationServer();
    expect(codeOf({ issuer })).toBe('TYPE_MISMATCH');
    expect(codeOf({ issuer, claims: { bdy: undefined } })).toBe('TYPE_MISMATCH');
  });

  it('cannot check a request without knowing its own address', () => {
    const token = verified(aServicePeer(), claims);
    const request = { method: 'PUT', target: '/', headers: json, content };
    expect(() =>
      checkBinding('request', token, request, { ...policy, publicUrl: undefined }),
    ).toThrow(TypeError);
  });
});

describe('bdy', () => {
  it.each<[string, JsonObject['bdy']]>([
    ['missing', undefined],
    ['null', null],
    ['an array', [claims.bdy]],
    ['an object', { 'sha-256': claims.bdy }],
    ['a number', 7],
    ['empty', ''],
    ['hex of the SHA-256', createHash('sha256').update(content).digest('hex')],
    ['base64 of the SHA-256', base64('sha256')],
    ['base64url with padding', `${claims.bdy}=`],
    ['an MD5', md5(content)],
    ['followed by a newline', `${claims.bdy}\n`],
  ])('refuses one that is %s', (_name, bdy) => {
    expect(codeOf({ claims: { bdy } })).toBe('CLAIM_INVALID');
  });

  it('refuses every change of a single bit', () => {
    fc.assert(
      fc.property(fc.nat(content.length * 8 - 1), (bit) => {
        const changed = Buffer.from(content);
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        return codeOf({ content: changed }) === 'BODY_MISMATCH';
      }),
    );
  });

  it('has one spelling of its last character', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(claims.bdy.at(-1) as string);
    const twin = claims.bdy.slice(0, -1) + alphabet[last ^ 1];
    expect(Buffer.from(twin, 'base64url')).toEqual(Buffer.from(claims.bdy, 'base64url'));
    expect(codeOf({ claims: { bdy: twin } })).toBe('BODY_MISMATCH');
  });

  it('is the digest of no bytes where no content came, and not left out', () => {
    const empty = { content: Buffer.alloc(0), headers: {} };
    expect(codeOf({ ...empty, claims: { bdy: bodyDigest(Buffer.alloc(0)) } })).toBe('accepted');
    expect(codeOf({ ...empty, claims: { bdy: undefined } })).toBe('CLAIM_INVALID');
    expect(codeOf(empty)).toBe('BODY_MISMATCH');
    const typed = { content: Buffer.alloc(0), claims: { bdy: bodyDigest(Buffer.alloc(0)) } };
    expect(codeOf(typed)).toBe('accepted');
  });

  it('refuses content that nobody kept', () => {
    expect(codeOf({ content: undefined })).toBe('BODY_MISMATCH');
  });

  it('hashes nothing beyond the limit', () => {
    const long = Buffer.alloc(65);
    expect(codeOf({ content: long, claims: { bdy: bodyDigest(long) } })).toBe('BODY_TOO_LARGE');
  });

  it('may be an MD5 in lower-case hex from a legacy issuer, and nothing looser', () => {
    const from = (bdy: string) => codeOf({ issuer: legacy, claims: { bdy } });
    expect(from(md5(content))).toBe('accepted');
    expect(from(claims.bdy)).toBe('accepted');
    expect(from(md5(content).toUpperCase())).toBe('CLAIM_INVALID');
    expect(from(createHash('md5').update(content).digest('base64url'))).toBe('CLAIM_INVALID');
    expect(from(md5(Buffer.from('other')))).toBe('BODY_MISMATCH');
  });

  it('takes two bodies of one MD5 for the same: why it is for legacy issuers only', () => {
    // Two blocks that differ in six bits, published in 2004 by Wang, Feng, Lai and Yu.
    const one = Buffer.from(
      'd131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f89' +
        '55ad340609f4b30283e488832571415a085125e8f7cdc99fd91dbdf280373c5b' +
        'd8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0' +
        'e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70',
      'hex',
    );
    const other = Buffer.from(one);
    for (const at of [19, 45, 59, 83, 109, 123]) other[at] = (other[at] as number) ^ 0x80;
    expect(md5(other)).toBe(md5(one));
    const headers = { 'content-type': ['application/octet-stream'] };
    const send = (bdy: string, issuer = legacy) => {
      const token = verified(issuer, { ...claims, bdy });
      const request = { method: 'PUT', target: '/', headers, content: other };
      checkBinding('body', token, request, { ...policy, maxBodyBytes: 128 });
    };
    expect(() => send(md5(one))).not.toThrow();
    expect(() => send(bodyDigest(one))).toThrow(expect.objectContaining({ code: 'BODY_MISMATCH' }));
    expect(() => send(md5(one), aServicePeer())).toThrow(
      expect.objectContaining({ code: 'CLAIM_INVALID' }),
    );
  });
});

describe('htm and htu', () => {
  it.each<[string, Call]>([
    ['another method', { method: 'POST' }],
    ['a method in lower case', { claims: { htm: 'put' } }],
    ['another path', { target: '/user/43?full=1' }],
    ['another query', { target: '/user/42?full=2' }],
    ['no query', { target: '/user/42' }],
    ['a final slash', { target: '/user/42/?full=1' }],
    ['an encoded letter', { target: '/%75ser/42?full=1' }],
    ['a doubled slash', { target: '//user/42?full=1' }],
    ['a path that leads back', { target: '/user/7/../42?full=1' }],
    ['upper case', { target: '/USER/42?full=1' }],
    ['an absolute target of another host', { target: htu }],
    ['another scheme', { claims: { htu: htu.replace('https', 'http') } }],
    ['another host', { claims: { htu: htu.replace('census', 'billing') } }],
    ['a port', { claims: { htu: htu.replace('.example', '.example:443') } }],
  ])('refuse %s', (_name, call) => {
    expect(codeOf(call)).toBe('REQUEST_MISMATCH');
  });

  it.each<[string, JsonObject]>([
    ['no htm', { htm: undefined }],
    ['no htu', { htu: undefined }],
    ['an empty htu', { htu: '' }],
    ['a list of methods', { htm: ['PUT', 'GET'] }],
    ['an htu that is an object', { htu: { href: htu } }],
  ])('refuse %s', (_name, other) => {
    expect(codeOf({ claims: other })).toBe('CLAIM_INVALID');
  });

  it('stand below a public URL that has a path', () => {
    const token = verified(aServicePeer(), { ...claims, htu: 'https://example/census/user/42' });
    const request = { method: 'PUT', target: '/user/42', headers: json, content };
    for (const publicUrl of ['https://example/census/', 'https://example/census'])
      expect(() => checkBinding('request', token, request, { ...policy, publicUrl })).not.toThrow();
  });

  it('leave no query in the log', () => {
    try {
      const request = { method: 'PUT', target: '/user/42?secret', headers: json, content };
      checkBinding('request', verified(aServicePeer(), claims), request, policy);
      throw new Error('accepted');
    } catch (error) {
      expect((error as AccessError).detail).toMatchObject({
        expected: 'https://census.example/user/42?...',
        got: 'https://census.example/user/42?...',
      });
    }
  });
});

describe('the form of the content', () => {
  const type = (...types: string[]): HeaderFields => ({ 'content-type': types });

  it.each<[string, HeaderFields]>([
    ['no Content-Type', {}],
    ['UTF-8', type('application/json; charset=utf-8')],
    ['UTF-8 in quotes and capitals', type('Application/JSON ;Charset="UTF-8"')],
    ['US-ASCII', type('text/plain;charset=us-ascii')],
    ['another parameter', type('application/json; profile="a;charset=utf-16"; charset=utf-8')],
    ['an empty parameter', type('application/json; ;charset=utf-8;')],
    ['a coding that is none', { ...json, 'content-encoding': ['identity'] }],
    ['chunks', { ...json, 'transfer-encoding': ['Chunked'] }],
  ])('may be %s', (_name, headers) => {
    expect(codeOf({ headers })).toBe('accepted');
  });

  it.each<[string, HeaderFields]>([
    ['gzip', { ...json, 'content-encoding': ['gzip'] }],
    ['two codings', { ...json, 'content-encoding': ['identity, gzip'] }],
    ['a coding beside none', { ...json, 'content-encoding': ['identity', 'br'] }],
    ['an empty coding', { ...json, 'content-encoding': [''] }],
    ['gzip below the chunks', { ...json, 'transfer-encoding': ['gzip, chunked'] }],
    ['UTF-16', type('application/json; charset=utf-16')],
    ['UTF-7', type('application/json; charset=UTF-7')],
    ['Latin 1', type('text/plain; charset="iso-8859-1"')],
    ['two charsets', type('application/json; charset=utf-8; charset=utf-16')],
    ['no name of a charset', type('application/json; charset=""')],
    ['several parts', type('multipart/form-data; boundary=a')],
    ['two types', type('application/json', 'text/plain')],
    ['two types in one', type('application/json, text/plain')],
    ['no type', type('json')],
    ['an empty type', type('')],
    ['a quote that never ends', type('application/json; charset="utf-8')],
    ['a parameter without a value', type('application/json; charset')],
  ])('must not be %s', (_name, headers) => {
    expect(codeOf({ headers })).toBe('ENCODING_REFUSED');
  });

  it.each([
    ['a member twice', '{"email":"a","email":"b"}'],
    ['a member twice, once escaped', '{"email":"a","\\u0065mail":"b"}'],
    ['a prototype', '{"__proto__":{"admin":true}}'],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['a byte order mark', '\ufeff{}'],
    ['no JSON', '{'],
  ])('must not be JSON with %s, though it is signed', (_name, text) => {
    const bad = Buffer.from(text as string);
    const call = { content: bad, claims: { bdy: bodyDigest(bad) } };
    expect(codeOf(call)).toBe('BODY_MALFORMED');
    expect(codeOf({ ...call, headers: type('application/merge-patch+json') })).toBe(
      'BODY_MALFORMED',
    );
    expect(codeOf({ ...call, headers: type('application/octet-stream') })).toBe('accepted');
  });
});

describe('Content-Digest', () => {
  const digest = (...values: string[]) =>
    codeOf({ headers: { ...json, 'content-digest': values } });
  const sha256 = `sha-256=:${base64('sha256')}:`;
  const sha512 = `sha-512=:${base64('sha512')}:`;

  it.each([
    ['one', [sha256]],
    ['two', [`${sha256}, ${sha512}`]],
    ['two headers', [sha256, sha512]],
    ['an algorithm nobody trusts beside it', [`md5=:AAAA:,${sha512}`]],
    ['only an algorithm nobody trusts', ['unixsum=:AAAA:']],
  ])('holds as %s', (_name, values) => {
    expect(digest(...values)).toBe('accepted');
  });

  it.each([
    ['of another content', [`sha-256=:${createHash('sha256').digest('base64')}:`]],
    ['one of two that does not hold', [sha256, `sha-512=:${base64('sha256')}:`]],
    ['an algorithm twice', [sha256, sha256]],
    ['without padding', [sha256.replace('=:', ':').replace('=:', ':')]],
    ['base64url', [`sha-256=:${claims.bdy}:`]],
    ['without colons', [`sha-256=${base64('sha256')}`]],
    ['an empty list', ['']],
    ['upper case', [sha256.toUpperCase()]],
  ])('refuses %s', (_name, values) => {
    expect(digest(...values)).toBe('BODY_MISMATCH');
  });

  it('never takes the place of the signed digest', () => {
    const headers = { ...json, 'content-digest': [sha256] };
    expect(codeOf({ headers, claims: { bdy: undefined } })).toBe('CLAIM_INVALID');
    expect(codeOf({ headers, claims: { bdy: bodyDigest(Buffer.from('other')) } })).toBe(
      'BODY_MISMATCH',
    );
  });
});
