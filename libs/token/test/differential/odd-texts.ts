/** What is put into headers and claims sets: the names and values that parsers and checks trip over. */
import { auth, census, now, user42 } from '../builders.js';

const text = (value: unknown) => JSON.stringify(value);

/** As they are printed: some are no JSON, some are numbers that no double holds. */
export const oddNumbers: readonly string[] = [
  ...[now, now + 1, now - 1, now + 10, now + 11, now - 10, now - 11, now + 300, now + 3600].map(
    text,
  ),
  ...[now + 3610, now + 3611, now - 3600, now - 3611, now + 0.5, now + 9.999, -1, 0].map(text),
  '1.8e9',
  `${now}.0`,
  `${now}.0000000001`,
  `${now}e0`,
  `-0`,
  '1e999',
  '-1e999',
  '1e400',
  '5e-324',
  '9007199254740993',
  '9007199254740991',
  '99999999999999999999999999',
  '253402300800',
  '0x10',
  '01',
  '+1',
  '.5',
  '1.',
  'NaN',
  'Infinity',
];

export const oddValues: readonly string[] = [
  'null',
  'true',
  'false',
  '{}',
  '[]',
  '[[]]',
  '""',
  '" "',
  '"\\u0000"',
  '"\\ud800"',
  '"\\uFEFF"',
  '"\u202e"',
  "'a'",
  'undefined',
  '[1]',
  '["a",1]',
  '["a",null]',
  '[,]',
  '{"a":1,"a":2}',
  '{"__proto__":{"a":1}}',
  '['.repeat(20) + ']'.repeat(20),
  '['.repeat(2000) + ']'.repeat(2000),
  '{"length":1,"0":"a"}',
  text('a'.repeat(300)),
  text('a'.repeat(8000)),
  ...oddNumbers,
];

/** Values that mean something to one claim or another. */
export const telling: readonly string[] = [
  ...[auth, `${auth}/`, auth.toUpperCase(), census, census.slice(0, -1), user42].map(text),
  ...[[census, ''], Array<string>(65).fill(census), [census, 1]].map(text),
  ...[[census], [census, 'https://other.example/'], ['https://other.example/'], [[census]]].map(
    text,
  ),
  ...['https://census.example/user/42', 'https://census.example/user/../user/42/'].map(text),
  ...['https://other.example/user/42/', `${census}user/43/`].map(text),
  ...['herald-client', 'Herald-Client', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'jwt'].map(text),
  ...['dpop+jwt', 'one', 'two', 'three', 'four', 'five', '../one', 'users:read'].map(text),
  ...['users:read users:write', 'users:read  users:write', ' users:read', 'a,b', 'a\tb'].map(text),
  ...['ES256', 'es256', 'RS256', 'PS256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'HS256'].map(text),
  ...['none', 'None', 'nOnE', 'none ', 'DEF', 'JWT'].map(text),
  ...[{ sub: 'herald-client' }, { sub: 'other' }, { sub: user42 }].map(text),
  ...[
    { sub: 'herald-client', iss: auth },
    { sub: 'herald-client', iss: census },
  ].map(text),
  '"\\u0065s256"',
  `"${census}\\u0000"`,
  `"https:\\/\\/census.example\\/"`,
];

const claimNames = [
  'iss',
  'aud',
  'sub',
  'client_id',
  'jti',
  'iat',
  'exp',
  'nbf',
  'scope',
  'act',
  'cnf',
];
const headerNames = [
  'alg',
  'kid',
  'typ',
  'cty',
  'crit',
  'b64',
  'zip',
  'jwk',
  'jku',
  'x5u',
  'x5c',
  'enc',
];
const oddNames = [
  '"__proto__"',
  '"constructor"',
  '""',
  '"\\u0000"',
  '"\\u0061ud"',
  '"\\u0065xp"',
  '"AUD"',
];

export const namesOfClaims: readonly string[] = [...claimNames.map(text), ...oddNames];
export const namesOfHeader: readonly string[] = [
  ...headerNames.map(text),
  ...oddNames,
  '"\\u0061lg"',
];

/** Characters that are put into tokens and JSON texts. */
export const characters: readonly string[] = [
  ...'ABYZabyz0189-_.=+/ \t\n\r"\\{}[],:\u0000\u00a0\u00ff\u200b\u2028\ufeff~%',
  '\ud83d\ude00',
];
