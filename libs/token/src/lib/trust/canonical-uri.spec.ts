import fc from 'fast-check';

import { isCanonicalUri, isUriPrefix, isWithin } from './canonical-uri.js';

describe('isCanonicalUri', () => {
  it.each([
    'https://census.example/',
    'http://127.0.0.1:4002/user/21/',
    'http://[::1]:4002/user/21',
    'https://census.example/user/ann%20lee/',
    'https://census.example/user/%C3%A9/',
    'https://census.example/user/a@b.c;v=1,2:3!/',
    `https://census.example/${'a'.repeat(2048 - 23)}`,
  ])('accepts %s', (uri) => {
    expect(isCanonicalUri(uri)).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['a number', 42],
    ['null', null],
    ['an array', ['https://census.example/']],
    ['a relative reference', '/user/42/'],
    ['a URN', 'urn:user:42'],
    ['another scheme', 'ftp://census.example/'],
    ['a file', 'file:///user/42/'],
    ['no path', 'https://census.example'],
    ['an upper-case scheme', 'HTTPS://census.example/'],
    ['an upper-case host', 'https://Census.example/'],
    ['the default port', 'https://census.example:443/'],
    ['an empty port', 'https://census.example:/'],
    ['a decimal IP address', 'http://2130706433/'],
    ['a Unicode host', 'https://cénsus.example/'],
    ['a user name', 'https://ann@census.example/'],
    ['a password', 'https://:secret@census.example/'],
    ['an empty user', 'https://@census.example/'],
    ['a query', 'https://census.example/user/42/?a=b'],
    ['an empty query', 'https://census.example/user/42/?'],
    ['a fragment', 'https://census.example/user/42/#a'],
    ['an empty fragment', 'https://census.example/user/42/#'],
    ['an empty segment', 'https://census.example/user//42/'],
    ['an empty last segment', 'https://census.example/user/42//'],
    ['a dot segment', 'https://census.example/user/./42/'],
    ['a parent segment', 'https://census.example/user/42/../7/'],
    ['an escaped parent segment', 'https://census.example/user/42/%2E%2E/7/'],
    ['a backslash', 'https://census.example\\user\\42\\'],
    ['lower-case escapes', 'https://census.example/user/%c3%a9/'],
    ['an escaped unreserved character', 'https://census.example/%75ser/42/'],
    ['an escaped slash', 'https://census.example/user%2F42/'],
    ['an escaped backslash', 'https://census.example/user%5C42/'],
    ['an escaped percent sign', 'https://census.example/user/%2542/'],
    ['an escaped NUL', 'https://census.example/user/42%00/'],
    ['an escaped newline', 'https://census.example/user/42%0A/'],
    ['an escaped C1 control', 'https://census.example/user/42%C2%85/'],
    ['an escape that is not UTF-8', 'https://census.example/user/%FF/'],
    ['half an escape', 'https://census.example/user/%4/'],
    ['a raw bar', 'https://census.example/user/a|b/'],
    ['a raw bracket', 'https://census.example/user/[42]/'],
    ['a raw space', 'https://census.example/user/a b/'],
    ['raw Unicode', 'https://census.example/user/é/'],
    ['a leading space', ' https://census.example/'],
    ['a final newline', 'https://census.example/\n'],
    ['a tab inside', 'https://census.exa\tmple/'],
    ['2049 characters', `https://census.example/${'a'.repeat(2049 - 23)}`],
  ])('refuses %s', (_, uri) => {
    expect(isCanonicalUri(uri)).toBe(false);
  });

  it('accepts one spelling only of whatever URL reads', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (uri) => {
        expect(isCanonicalUri(uri) && new URL(uri).href !== uri).toBe(false);
      }),
    );
  });
});

describe('isUriPrefix', () => {
  it('accepts a canonical URI with its final slash', () => {
    expect(isUriPrefix('https://census.example/user/')).toBe(true);
  });

  it.each(['https://census.example/user', 'https://census.example//', 42])(
    'refuses %p',
    (value) => {
      expect(isUriPrefix(value)).toBe(false);
    },
  );
});

describe('isWithin', () => {
  const prefixes = ['https://other.example/people/', 'https://census.example/user/'];

  it('accepts a URI below one of the prefixes', () => {
    expect(isWithin('https://census.example/user/42/', prefixes)).toBe(true);
  });

  it.each([
    ['the prefix itself', 'https://census.example/user/'],
    ['a sibling with the same beginning', 'https://census.example/users/42/'],
    ['another host', 'https://census.example.evil/user/42/'],
    ['a way out of the prefix', 'https://census.example/user/../admin/'],
    ['a relative reference', '/user/42/'],
  ])('refuses %s', (_, uri) => {
    expect(isWithin(uri, prefixes)).toBe(false);
  });

  it('refuses everything when nothing is listed', () => {
    expect(isWithin('https://census.example/user/42/', [])).toBe(false);
  });

  it('never matches a prefix that lacks its final slash', () => {
    expect(isWithin('https://census.example/users/42/', ['https://census.example/user'])).toBe(
      false,
    );
  });
});
