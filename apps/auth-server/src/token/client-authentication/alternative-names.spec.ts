import { alternativeNames } from './alternative-names.js';

describe('alternativeNames', () => {
  it.each<[string, string, readonly string[]]>([
    ['DNS:web.test', 'DNS', ['web.test']],
    ['DNS:web.test, IP Address:127.0.0.1, DNS:b', 'DNS', ['web.test', 'b']],
    ['DNS:web.test, URI:spiffe://a/b', 'URI', ['spiffe://a/b']],
    ['URI:"http://a/, b", DNS:c', 'URI', ['http://a/, b']],
    ['DNS:"a, URI:spiffe://a/b, c"', 'URI', []],
    ['DNS:"a\\", URI:spiffe://a/b, \\"c"', 'URI', []],
    ['DNS:"a', 'DNS', []],
    ['DNS:a "b"', 'DNS', []],
    ['DNS:a,URI:b', 'URI', []],
    ['', 'DNS', []],
  ])('of %s as %s', (text, type, names) => {
    expect(alternativeNames(text, type)).toEqual(names);
  });
});
