import fc from 'fast-check';

import { decodeBase64url } from './decode-base64url.js';

describe('decodeBase64url', () => {
  it('reads back whatever was encoded', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const decoded = decodeBase64url(Buffer.from(bytes).toString('base64url'));
        expect(decoded?.equals(bytes)).toBe(true);
      }),
    );
  });

  it('knows one spelling only: two texts never give the same bytes', () => {
    const character = fc.constantFrom(...'ABYZabyz0189-_+/= \n\u200b\u00ff');
    fc.assert(
      fc.property(fc.array(character, { maxLength: 8 }), (characters) => {
        const text = characters.join('');
        const bytes = decodeBase64url(text);
        expect(bytes === undefined || bytes.toString('base64url') === text).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['padding', 'Zg=='],
    ['the standard alphabet', '+/+/'],
    ['one character alone', 'Zm9vY'],
    ['unused bits that are set', 'Zh'],
    ['a blank inside', 'Zm 9v'],
    ['a trailing newline', 'Zm9v\n'],
    ['a zero-width space', 'Zm9v\u200b'],
    ['a letter that folds to ASCII', 'Zm9\uff56'],
    ['NUL', 'Zm9v\0'],
  ])('refuses %s', (_name, text) => {
    expect(decodeBase64url(text)).toBeUndefined();
  });
});
