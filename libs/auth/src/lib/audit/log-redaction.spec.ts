import { redactionPaths, secretNames, withoutTokens } from './log-redaction.js';

describe('redactionPaths', () => {
  it('names each secret at the top and two levels below, as pino writes paths', () => {
    expect(redactionPaths()).toHaveLength(secretNames.length * 3);
    expect(redactionPaths()).toEqual(
      expect.arrayContaining([
        'client_secret',
        '*.client_assertion',
        '*.*.authorization',
        '["proxy-authorization"]',
        '*["set-cookie"]',
        '*.*["set-cookie"]',
      ]),
    );
  });

  it('goes as deep as it is told', () => {
    expect(redactionPaths(0)).toHaveLength(secretNames.length);
    expect(redactionPaths(3)).toContain('*.*.*.dpop');
  });
});

describe('withoutTokens', () => {
  const header = Buffer.from('{"alg":"ES256"}').toString('base64url');

  it.each([
    ['a signed token', `${header}.e30.c2ln`],
    ['an encrypted one', `${header}.a.b.c.d`],
    ['one without its signature', `${header}.e30.`],
  ])('cuts %s out of a line', (_, token) => {
    expect(withoutTokens(`{"msg":"got ${token}, why"}`)).toBe('{"msg":"got [token], why"}');
  });
});
