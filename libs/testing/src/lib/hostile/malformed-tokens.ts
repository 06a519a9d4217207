import { compactJwt, encodePart } from '../compact-jwt.js';
import type { JwtPart } from '../compact-jwt.js';
import { goodAccessToken, hostileTable } from './hostile-token.js';
import type { HostileContext, HostileRow } from './hostile-token.js';

const good = (context: HostileContext): string => goodAccessToken(context).sign();

type Parts = [header: string, claims: string, signature: string];

/** The parts of a good token, put together in another way. */
const taken =
  (join: (...parts: Parts) => string) =>
  (context: HostileContext): string =>
    join(...(good(context).split('.') as Parts));

/** A token with other header bytes, properly signed. */
const withHeader =
  (change: (header: string) => JwtPart) =>
  (context: HostileContext): string => {
    const { header, claims, key } = goodAccessToken(context).draft();
    return compactJwt(change(JSON.stringify(header)), claims, key);
  };

/** A token with other claims bytes, properly signed. */
const withClaims =
  (change: (claims: string) => JwtPart) =>
  (context: HostileContext): string => {
    const { header, claims, key } = goodAccessToken(context).draft();
    return compactJwt(header, change(JSON.stringify(claims)), key);
  };

/** JSON with one more member in front, written as it is given. */
const more =
  (member: string) =>
  (json: string): string =>
    `{${member},${json.slice(1)}`;

const bytes =
  (...prefix: readonly number[]) =>
  (json: string): Uint8Array =>
    Buffer.concat([Buffer.from(prefix), Buffer.from(json)]);

const nested = (depth: number) => more(`"deep":${'['.repeat(depth)}${']'.repeat(depth)}`);

/** The same bytes in the standard alphabet; tried until the two alphabets differ. */
function inStandardAlphabet(context: HostileContext): string {
  const token = good(context);
  const signature = token.slice(token.lastIndexOf('.'));
  if (!/[-_]/.test(signature)) return inStandardAlphabet(context);
  return token.replace(signature, signature.replaceAll('-', '+').replaceAll('_', '/'));
}

/** The last character holds bits that decoders drop: another spelling of the same signature. */
function withStrayBits(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const stray = alphabet[alphabet.indexOf(token.slice(-1)) + 1] as string;
  return token.slice(0, -1) + stray;
}

const structure: readonly HostileRow[] = [
  ['nothing at all', 'TOKEN_MALFORMED', () => ''],
  ['one part', 'TOKEN_MALFORMED', taken((header) => header)],
  ['two parts', 'TOKEN_MALFORMED', taken((header, claims) => `${header}.${claims}`)],
  ['two dots', 'TOKEN_MALFORMED', () => '..'],
  ['no header', 'TOKEN_MALFORMED', taken((_, claims, signature) => `.${claims}.${signature}`)],
  ['no claims', 'TOKEN_MALFORMED', taken((header, _, signature) => `${header}..${signature}`)],
  ['no signature', 'TOKEN_MALFORMED', taken((header, claims) => `${header}.${claims}.`)],
  ['a fourth part', 'TOKEN_MALFORMED', taken((...parts) => [...parts, parts[2]].join('.'))],
  ['an empty fourth part', 'TOKEN_MALFORMED', (context) => `${good(context)}.`],
  [
    'five parts, as if encrypted',
    'TOKEN_MALFORMED',
    taken((...parts) => [...parts, parts[0], parts[1]].join('.')),
  ],
  [
    'JSON serialisation',
    'TOKEN_MALFORMED',
    taken((header, payload, signature) =>
      JSON.stringify({ protected: header, payload, signature }),
    ),
  ],
  ['more than 8 KB', 'TOKEN_MALFORMED', withClaims(more(`"filler":"${'x'.repeat(8192)}"`))],
];

const encoding: readonly HostileRow[] = [
  ['padding', 'TOKEN_MALFORMED', (context) => `${good(context)}==`],
  ['the standard alphabet', 'TOKEN_MALFORMED', inStandardAlphabet],
  ['stray bits at its end', 'TOKEN_MALFORMED', (context) => withStrayBits(good(context))],
  ['a final blank', 'TOKEN_MALFORMED', (context) => `${good(context)} `],
  ['a leading blank', 'TOKEN_MALFORMED', (context) => ` ${good(context)}`],
  ['a final newline', 'TOKEN_MALFORMED', (context) => `${good(context)}\n`],
  ['a final zero-width space', 'TOKEN_MALFORMED', (context) => `${good(context)}\u200b`],
  ['a final NUL', 'TOKEN_MALFORMED', (context) => `${good(context)}\0`],
  ['a newline inside', 'TOKEN_MALFORMED', taken((...parts) => parts.join('\n.'))],
  ['invalid UTF-8 in its header', 'TOKEN_MALFORMED', withHeader(bytes(0xff))],
  ['invalid UTF-8 in its claims', 'TOKEN_MALFORMED', withClaims(bytes(0xc0, 0x80))],
  ['a byte order mark before its header', 'TOKEN_MALFORMED', withHeader(bytes(0xef, 0xbb, 0xbf))],
  ['a byte order mark before its claims', 'TOKEN_MALFORMED', withClaims(bytes(0xef, 0xbb, 0xbf))],
  ['UTF-16 claims', 'TOKEN_MALFORMED', withClaims((json) => Buffer.from(json, 'utf16le'))],
];

const json: readonly HostileRow[] = [
  ['a header that is no JSON', 'TOKEN_MALFORMED', withHeader(() => 'alg=ES256')],
  ...['null', '[]', '1', '"x"', 'true'].flatMap((value): HostileRow[] => [
    [`${value} as its header`, 'TOKEN_MALFORMED', withHeader(() => value)],
    [`${value} as its claims`, 'TOKEN_MALFORMED', withClaims(() => value)],
  ]),
  ['an array around its claims', 'TOKEN_MALFORMED', withClaims((claims) => `[${claims}]`)],
  ['text after its claims', 'TOKEN_MALFORMED', withClaims((claims) => `${claims}{}`)],
  ['a comment in its claims', 'TOKEN_MALFORMED', withClaims((claims) => `${claims}/**/`)],
  ['a number that JSON lacks', 'TOKEN_MALFORMED', withClaims(more('"nbf":NaN'))],
  ['claims nested 17 deep', 'TOKEN_MALFORMED', withClaims(nested(17))],
  ['claims nested 2000 deep', 'TOKEN_MALFORMED', withClaims(nested(2000))],
  ['a header nested 2000 deep', 'TOKEN_MALFORMED', withHeader(nested(2000))],
  ...['aud', 'scope', 'sub', 'exp', 'iss'].map((name): HostileRow => {
    return [`two members ${name}`, 'TOKEN_MALFORMED', withClaims(more(`"${name}":"other"`))];
  }),
  ['an escaped second aud', 'TOKEN_MALFORMED', withClaims(more('"\\u0061ud":"other"'))],
  ['two algorithms', 'TOKEN_MALFORMED', withHeader(more('"alg":"none"'))],
  ['__proto__ among its claims', 'TOKEN_MALFORMED', withClaims(more('"__proto__":{"scope":"x"}'))],
  ['__proto__ in its header', 'TOKEN_MALFORMED', withHeader(more('"__proto__":{"alg":"none"}'))],
];

const headerMember = (name: string, value: JwtPart | number | null | boolean): HostileRow => [
  `${name} ${JSON.stringify(value).slice(0, 40)} in its header`,
  'TOKEN_MALFORMED',
  (context) =>
    goodAccessToken(context)
      .header(name, value as string)
      .sign(),
];

const header: readonly HostileRow[] = [
  headerMember('crit', ['exp']),
  headerMember('crit', []),
  headerMember('b64', false),
  headerMember('b64', true),
  headerMember('zip', 'DEF'),
  headerMember('alg', ['ES256']),
  headerMember('alg', null),
  headerMember('alg', 256),
  headerMember('kid', ''),
  headerMember('kid', 1),
  headerMember('kid', null),
  headerMember('kid', ['a']),
  headerMember('kid', 'k'.repeat(257)),
  [
    'no algorithm',
    'TOKEN_MALFORMED',
    (context) => goodAccessToken(context).withoutHeader('alg').sign(),
  ],
  [
    'algorithm none and no signature',
    'TOKEN_MALFORMED',
    (context) => {
      const { header: head, claims } = goodAccessToken(context).draft();
      return `${encodePart({ ...head, alg: 'none' })}.${encodePart(claims)}.`;
    },
  ],
];

/** Tokens that no verifier should get past parsing. @internal */
export const malformedTokens = hostileTable('server', 'verify', [
  ...structure,
  ...encoding,
  ...json,
  ...header,
]);
