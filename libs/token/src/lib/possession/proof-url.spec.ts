import fc from 'fast-check';

import { proofUrl } from './proof-url.js';

describe('proofUrl', () => {
  it.each([
    ['https://census.example', 'https://census.example/'],
    ['https://census.example/', 'https://census.example/'],
    ['HTTPS://Census.EXAMPLE:443/User?a=b#c', 'https://census.example/User'],
    ['http://census.example:80/user', 'http://census.example/user'],
    ['http://census.example:443/user', 'http://census.example:443/user'],
    ['https://[::1]:8443/user', 'https://[::1]:8443/user'],
    ['https://census.example?a=/b', 'https://census.example/'],
    ['https://census.example/a/../b', 'https://census.example/a/../b'],
    ['https://census.example/%7e', 'https://census.example/%7e'],
    ['https://census.example//a', 'https://census.example//a'],
  ])('reads %s as %s', (url, expected) => {
    expect(proofUrl(url)).toBe(expected);
  });

  it.each([
    '',
    '/user',
    'census.example/user',
    'ftp://census.example/',
    'https:///user',
    'https://?a',
    'https:/census.example/',
    'https://a@census.example/',
    'https://a:b@census.example/',
    'https://census.example\\@evil.example/',
    ' https://census.example/',
    'https://census .example/',
    'https://census.example\n/',
    'wss://census.example/',
  ])('knows nothing of %j', (url) => {
    expect(proofUrl(url)).toBeUndefined();
  });

  it('agrees with a whole URL parser on the origin, whatever is written', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
        expect(proofUrl(url)?.startsWith(`${new URL(url).origin}/`)).toBe(true);
      }),
    );
  });

  it('reads what it wrote as the same', () => {
    const text = fc.oneof(
      fc.webUrl(),
      fc.string().map((rest) => `https://${rest}`),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (url) => {
        const read = proofUrl(url);
        fc.pre(read !== undefined);
        expect(proofUrl(read as string)).toBe(read);
      }),
    );
  });
});
