/** What holds for every request: one credential in one place, or a refusal that says so. */
import fc from 'fast-check';

import { AccessError } from '../../src/lib/errors.js';
import { extractToken } from '../../src/lib/extract/extract-token.js';
import type { Carrier, HeaderFields } from '../../src/lib/types.js';

const all: ReadonlySet<Carrier> = new Set(['Bearer', 'DPoP', 'JWT', 'Token']);

/** Carrier and token, or the code of the refusal; anything else is thrown. */
function outcome(headers: HeaderFields, carriers = all): string {
  try {
    const { carrier, token } = extractToken(headers, carriers);
    return `${carrier} ${token}`;
  } catch (error) {
    if (error instanceof AccessError) return error.code;
    throw error;
  }
}

const token = fc.stringMatching(/^[A-Za-z0-9._~+/-]{1,40}={0,2}$/);
const field = fc.constantFrom('authorization', 'jwt', 'token');
const scheme = fc.mixedCase(fc.constantFrom('bearer', 'dpop'));
const unread = fc.dictionary(
  fc.constantFrom('cookie', 'x-forwarded-authorization', 'proxy-authorization', 'authorization_'),
  fc.array(fc.string(), { minLength: 1, maxLength: 2 }),
);

const credential = fc
  .tuple(field, scheme, token, fc.nat({ max: 3 }))
  .map(([name, word, value, blanks]) => {
    const isAuthorization = name === 'authorization';
    const carrier = { authorization: '', jwt: 'JWT', token: 'Token' }[name];
    return {
      name,
      value: isAuthorization ? `${word}${' '.repeat(1 + blanks)}${value}` : value,
      found: `${carrier || (word.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer')} ${value}`,
    };
  });

describe('for every request', () => {
  it('the one credential is found as it was sent, whatever stands in other headers', () => {
    fc.assert(
      fc.property(credential, unread, ({ name, value, found }, others) => {
        expect(outcome({ ...others, [name]: [value] })).toBe(found);
      }),
    );
  });

  it('a second value of any kind is ambiguous, in the same header or in another', () => {
    const second = fc.tuple(
      field,
      fc.oneof(
        token,
        fc.string().filter((text) => /[^ \t]/.test(text)),
      ),
    );
    fc.assert(
      fc.property(credential, second, fc.boolean(), ({ name, value }, [where, other], before) => {
        const values = before ? [other, value] : [value, other];
        const headers = where === name ? { [name]: values } : { [name]: [value], [where]: [other] };
        expect(outcome(headers)).toBe('CREDENTIALS_AMBIGUOUS');
      }),
    );
  });

  it('a header that nobody uses as carrier is not looked at', () => {
    fc.assert(
      fc.property(credential, token, ({ name, value, found }, other) => {
        fc.pre(name === 'authorization');
        const headers = { [name]: [value], jwt: [other], token: [other] };
        expect(outcome(headers, new Set(['Bearer', 'DPoP']))).toBe(found);
      }),
    );
  });

  it('what is no token of the grammar is never one, wherever the odd character stands', () => {
    const odd = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 });
    fc.assert(
      fc.property(credential, fc.nat(), odd, ({ name, value }, at, character) => {
        fc.pre(!/[A-Za-z0-9._~+/= -]/.test(character));
        // Behind the scheme and its blanks; before them it would make another scheme.
        const start = value.lastIndexOf(' ') + 1;
        const where = start + (at % (value.length + 1 - start));
        const changed = value.slice(0, where) + character + value.slice(where);
        expect(outcome({ [name]: [changed] })).toBe('CREDENTIALS_MALFORMED');
      }),
    );
  });
});
