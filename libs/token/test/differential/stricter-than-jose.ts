const jsonText = {
  'byte order mark': 'RFC 8259 section 8.1: none is sent; readers differ on it, jose skips it',
  'duplicate member': 'readers differ on which of two members counts, for jose it is the last',
  'member __proto__': 'the first careless copy of it makes it a prototype',
  'nested deeper than 16': 'no honest token is; the bound is on the work of every reader',
};

/**
 * What jose accepts and this library refuses, by code and check, and why that is meant. The reasons
 * about JSON hold for header and claims alike.
 */
export const stricterThanJose: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(jsonText).flatMap(([fault, reason]) => [
      [`TOKEN_MALFORMED header: ${fault}`, reason],
      [`TOKEN_MALFORMED claims: ${fault}`, reason],
    ]),
  ),
  'TOKEN_MALFORMED header: b64':
    'RFC 7797 section 7: a JWT never has it; jose ignores it without crit',
  'TOKEN_MALFORMED header: zip': 'a JWS has no such member; jose ignores it',
  'TOKEN_MALFORMED encoding': 'unused bits of the last character: two spellings of one token',
  'TOKEN_MALFORMED encryption.encoding': 'as TOKEN_MALFORMED encoding',
  'TOKEN_MALFORMED size': 'no token is longer than 8 KB',
  'TOKEN_MALFORMED encryption.size': 'as TOKEN_MALFORMED size',
  'KEY_UNKNOWN key.kid':
    'a token names its key where its issuer has several; jose tries the one that fits',
  'CLAIM_INVALID times': 'times are whole seconds from 0 up to 2^53, and exp lies after iat',
  'CLAIM_INVALID audience': 'aud holds at most 64 strings, none empty, and nothing else',
  'CLAIM_INVALID sub': 'what a profile requires is a non-empty string, for jose any value',
  'CLAIM_INVALID client_id': 'as CLAIM_INVALID sub; and a client id is never a URI',
  'CLAIM_INVALID jti': 'as CLAIM_INVALID sub',
  'CLAIM_INVALID act': 'who acts is the client: RFC 8693 section 4.1, of which jose knows nothing',
  'CLAIM_INVALID scope': 'RFC 6749 section 3.3: words parted by single spaces',
  'SUBJECT_FORBIDDEN subject': 'an issuer speaks for the users of its trust entry and for no other',
  'LIFETIME_TOO_LONG lifetime': 'exp lies no further from iat than the trust entry says',
};
