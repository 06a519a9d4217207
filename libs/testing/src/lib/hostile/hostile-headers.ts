/**
 * Where and how a token may stand in a request, byte by byte: fields that Node joins or hides, names
 * that look alike, paths that a router could read otherwise. Every token in them is good.
 */
import { accessErrors, type AccessErrorCode } from '@countersign/token';

/** The route that the requests are sent to. @publicApi */
export interface HeaderContext {
  /** The path of a protected `GET`, in lower case. */
  readonly path: string;
  /** The path of a public `GET` of the same service. */
  readonly publicPath: string;
  /** A token that is let in there, of an issuer whose carrier is Bearer. */
  readonly bearer: string;
  /** Another, of an issuer whose carrier is the `JWT` header. */
  readonly jwt: string;
}

/** One request, and how it is answered. @publicApi */
export interface HeaderRow {
  readonly name: string;
  /** The code of the guard; undefined where the server may refuse before the guard is asked. */
  readonly code: AccessErrorCode | undefined;
  /** The statuses that are right, where adapters differ; one wherever there is a code. */
  readonly status: readonly number[];
  make(context: HeaderContext): Buffer;
}

interface Draft {
  readonly method?: string;
  readonly target?: string;
  /** Lines of the header as they are sent, in latin1. */
  readonly lines?: readonly string[];
}

type Answer = AccessErrorCode | readonly number[];
type Row = readonly [name: string, answer: Answer, make: (context: HeaderContext) => Draft];

const row = ([name, answer, make]: Row): HeaderRow =>
  Object.freeze({
    name,
    code: typeof answer === 'string' ? answer : undefined,
    status: typeof answer === 'string' ? [accessErrors[answer].status] : answer,
    make: (context: HeaderContext) => {
      const { method = 'GET', target = context.path, lines = [] } = make(context);
      const head = [`${method} ${target} HTTP/1.1`, 'Host: census.example', 'Connection: close'];
      return Buffer.from([...head, ...lines, '', ''].join('\r\n'), 'latin1');
    },
  });

const sends =
  (...lines: readonly ((context: HeaderContext) => string)[]): Row[2] =>
  (context) => ({ lines: lines.map((line) => line(context)) });

const field = (name: string, value: string) => () => `${name}: ${value}`;
const good = ({ bearer }: HeaderContext) => `Authorization: Bearer ${bearer}`;
const goodJwt = ({ jwt }: HeaderContext) => `JWT: ${jwt}`;
const goodUnder = (name: string) => (context: HeaderContext) =>
  good(context).replace('Authorization', name);

const forms: readonly Row[] = [
  ['no credentials', 'TOKEN_MISSING', sends()],
  ['an empty field', 'TOKEN_MISSING', sends(field('Authorization', ''))],
  ['a field of blanks', 'TOKEN_MISSING', sends(field('Authorization', ' \t '))],
  ['a scheme alone', 'CREDENTIALS_MALFORMED', sends(field('Authorization', 'Bearer'))],
  ['a scheme and blanks', 'CREDENTIALS_MALFORMED', sends(field('Authorization', 'Bearer   '))],
  ['another scheme', 'TOKEN_MISSING', sends(field('Authorization', 'Basic dXNlcjpwYXNz'))],
  [
    'a TAB after the scheme',
    'CREDENTIALS_MALFORMED',
    sends((context) => good(context).replace('Bearer ', 'Bearer\t')),
  ],
  ['a byte 0xFF after the token', 'CREDENTIALS_MALFORMED', sends((all) => `${good(all)}\xff`)],
  ['a no-break space after it', 'CREDENTIALS_MALFORMED', sends((all) => `${good(all)}\xa0`)],
  ['a NUL after the token', [400], sends((all) => `${good(all)}\0`)],
  ['a line break inside', [400], sends((all) => good(all).replace(' Bearer ', ' Bearer\r\n '))],
  ['a bare CR', [400], sends((all) => `${good(all)}\rX: y`)],
  ['a space before the colon', [400], sends((all) => good(all).replace(':', ' :'))],
];

const several: readonly Row[] = [
  ['a good field, then another', 'CREDENTIALS_AMBIGUOUS', sends(good, field('Authorization', 'x'))],
  ['another, then a good field', 'CREDENTIALS_AMBIGUOUS', sends(field('Authorization', 'x'), good)],
  ['a good field twice', 'CREDENTIALS_AMBIGUOUS', sends(good, good)],
  [
    'a good field and an empty one',
    'CREDENTIALS_AMBIGUOUS',
    sends(good, field('Authorization', '')),
  ],
  [
    'two in one field',
    'CREDENTIALS_MALFORMED',
    sends((context) => `${good(context)}, Bearer ${context.bearer}`),
  ],
  ['a JWT field twice', 'CREDENTIALS_AMBIGUOUS', sends(goodJwt, goodJwt)],
  ['two in one JWT field', 'CREDENTIALS_MALFORMED', sends((all) => `${goodJwt(all)}, ${all.jwt}`)],
  ['both fields', 'CREDENTIALS_AMBIGUOUS', sends(good, goodJwt)],
  [
    'a password beside a JWT field',
    'CREDENTIALS_AMBIGUOUS',
    sends(field('Authorization', 'Basic a'), goodJwt),
  ],
];

const elsewhere: readonly Row[] = [
  ...[
    'Authorization_',
    'X-Forwarded-Authorization',
    'X-Original-Authorization',
    'Proxy-Authorization',
  ].map((name): Row => [`a token in ${name}`, 'TOKEN_MISSING', sends(goodUnder(name))]),
  ['a token in a cookie', 'TOKEN_MISSING', sends(({ bearer }) => `Cookie: access_token=${bearer}`)],
  [
    'a token in the query',
    'TOKEN_MISSING',
    ({ path, bearer }) => ({ target: `${path}?access_token=${bearer}` }),
  ],
  [
    'a token in a trailer',
    'TOKEN_MISSING',
    (context) => ({
      lines: ['Transfer-Encoding: chunked', 'Trailer: Authorization', '', '0', good(context)],
    }),
  ],
];

const paths: readonly Row[] = [
  ...['X-Original-URL', 'X-Rewrite-URL'].map((name): Row => [
    `a public path in ${name}`,
    'TOKEN_MISSING',
    ({ publicPath }) => ({ lines: [`${name}: ${publicPath}`] }),
  ]),
  ['another method in a field', 'TOKEN_MISSING', sends(field('X-HTTP-Method-Override', 'OPTIONS'))],
  ...['HEAD', 'OPTIONS', 'TRACE', 'POST'].map((method): Row => [
    `${method}`,
    [400, 401, 404, 405],
    () => ({ method }),
  ]),
  ...(
    [
      [
        'an encoded letter',
        (path) => path.replace(/[a-z]/, (at) => `%${at.charCodeAt(0).toString(16)}`),
      ],
      ['two slashes', (path) => `/${path}`],
      ['capitals', (path) => path.toUpperCase()],
      ['a slash at the end', (path) => `${path}/`],
      ['a parameter of a segment', (path) => `${path};a=b`],
      ['dots behind a semicolon', (path) => `${path}/..;/`],
      ['a segment that goes nowhere', (path) => path.replace('/', '/./')],
      ['a public path and dots', (path, open) => `${open}/../..${path}`],
      ['a whole URL', (path) => `http://census.example${path}`],
      ['a fragment', (path) => `${path}#/../public`],
    ] satisfies readonly [string, (path: string, publicPath: string) => string][]
  ).map(([name, spell]): Row => [
    `${name} in the path`,
    [400, 401, 404],
    ({ path, publicPath }) => ({ target: spell(path, publicPath) }),
  ]),
];

/**
 * Requests that are refused, whatever good token stands somewhere in them. They are sent as bytes,
 * with `sendBytes`.
 * @publicApi
 */
export const hostileHeaders: readonly HeaderRow[] = [
  ...forms,
  ...several,
  ...elsewhere,
  ...paths,
].map(row);

/** Requests that look odd and are good: each is let in. @publicApi */
export const oddHeaders: readonly HeaderRow[] = (
  [
    ['a field as it should be', [200], sends(good)],
    ['the JWT field', [200], sends(goodJwt)],
    ['the scheme in lower case', [200], sends((all) => good(all).replace('Bearer', 'bearer'))],
    ['the scheme in capitals', [200], sends((all) => good(all).replace('Bearer', 'BEARER'))],
    ['several spaces after it', [200], sends((all) => good(all).replace('Bearer ', 'Bearer   '))],
    ['the name in capitals', [200], sends(goodUnder('AUTHORIZATION'))],
    [
      'another token in the query, where nobody looks',
      [200],
      (context) => ({ target: `${context.path}?access_token=x`, lines: [good(context)] }),
    ],
    ['blanks around the value', [200], sends((all) => `${good(all).replace(': ', ':\t ')} \t`)],
    [
      'other tokens where nobody looks',
      [200],
      sends(
        good,
        field('X-Forwarded-Authorization', 'Bearer x'),
        field('Cookie', 'access_token=x'),
      ),
    ],
  ] satisfies readonly Row[]
).map(row);
