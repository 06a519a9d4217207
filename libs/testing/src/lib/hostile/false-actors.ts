import type { Json } from '@countersign/token';

import { goodAccessToken, goodServiceToken, hostileTable } from './hostile-token.js';
import type { HostileContext, HostileRow } from './hostile-token.js';

/** An access token with `act` of another form. */
const act = (name: string, value: Json | ((context: HostileContext) => Json)): HostileRow => [
  name,
  'CLAIM_INVALID',
  (context) => {
    const actor = typeof value === 'function' ? value(context) : value;
    return goodAccessToken(context).claim('act', actor).sign();
  },
];

const actors: readonly HostileRow[] = [
  [
    'a user without act',
    'CLAIM_INVALID',
    (context) => goodAccessToken(context).withoutClaim('act').sign(),
  ],
  act('text as act', 'test-client'),
  act('an array as act', [{ sub: 'test-client' }]),
  act('null as act', null),
  act('an act without sub', {}),
  act('the act of another client', { sub: 'another-client' }),
  act('its client only inside act', { sub: 'another-client', act: { sub: 'test-client' } }),
  act('a client of another issuer in act', ({ peer }) => ({
    sub: 'test-client',
    iss: peer.issuer,
  })),
  [
    'act beside a client of its own right',
    'CLAIM_INVALID',
    (context) => {
      const token = goodAccessToken(context).claim('sub', 'test-client');
      return token.claim('act', { sub: 'test-client' }).sign();
    },
  ],
  [
    'a user as its client',
    'CLAIM_INVALID',
    (context) => goodAccessToken(context).caller(context.subject).sign(),
  ],
];

const scopes: readonly HostileRow[] = (
  [
    ['an empty scope', ''],
    ['scopes in an array', ['users:read']],
    ['scopes parted by a TAB', 'users:read\tusers:write'],
    ['scopes parted by two blanks', 'users:read  users:write'],
    ['scopes parted by a no-break space', 'users:read\u00a0users:write'],
    ['a quote in its scope', 'users:read "x"'],
    ['a scope that is a number', 1],
    ['a scope that is null', null],
  ] as const
).map(([name, scope]) => [
  name,
  'CLAIM_INVALID',
  (context) => goodAccessToken(context).claim('scope', scope).sign(),
]);

const subjectForms: readonly [name: string, of: (subject: URL) => string][] = [
  ['at another host', ({ href, host }) => href.replace(host, `${host}.evil.example`)],
  ['outside the prefix', ({ origin }) => `${origin}/admin/1/`],
  ['that is the prefix itself', (subject) => new URL('../', subject).href],
  ['beside the prefix', (subject) => new URL('../', subject).href.replace(/\/$/, 's/1/')],
  ['with a way out of the prefix', ({ href }) => `${href}../../admin/`],
  ['with an empty segment', ({ href }) => `${href}/`],
  ['with needless escapes', ({ href }) => href.replace(/(\d)\/$/, '%3$1/')],
  ['with an escaped slash', ({ href }) => `${href}%2F`],
  ['with a query', ({ href }) => `${href}?admin`],
  ['with a fragment', ({ href }) => `${href}#admin`],
  ['with user information', ({ href }) => href.replace('://', '://admin@')],
  ['with its scheme in upper case', ({ href }) => href.replace(/^\w+/, (s) => s.toUpperCase())],
  ['relative to nothing', ({ pathname }) => pathname],
  ['that is no URI', () => '42'],
];

const subjects = (good: typeof goodAccessToken, of: string): readonly HostileRow[] =>
  subjectForms.map(([name, form]) => [
    `a user ${name}${of}`,
    'SUBJECT_FORBIDDEN',
    (context) =>
      good(context)
        .claim('sub', form(new URL(context.subject)))
        .sign(),
  ]);

const audiences: readonly HostileRow[] = (
  [
    ['another audience', () => 'https://billing.example/'],
    ['its audience and more', (aud) => `${aud}admin/`],
    ['its audience without the slash', (aud) => aud.replace(/\/$/, '')],
    ['its audience in upper case', (aud) => aud.toUpperCase()],
    ['several other audiences', (aud) => [`${aud}a`, `${aud}b`]],
    ['its own issuer as audience', () => 'https://auth.example'],
  ] as readonly [string, (aud: string) => Json][]
).map(([name, of]) => [
  name,
  'AUDIENCE_MISMATCH',
  (context) => goodAccessToken(context).claim('aud', of(context.audience)).sign(),
]);

/** Verified tokens whose caller, subject, scopes or audience must not be believed. @internal */
export const falseActors = [
  ...hostileTable('server', 'principal', [...actors, ...scopes, ...subjects(goodAccessToken, '')]),
  ...hostileTable('peer', 'principal', [
    ...subjects(goodServiceToken, ' of a service'),
    [
      'act in a token of a service',
      'CLAIM_INVALID',
      (context) => goodServiceToken(context).claim('act', { sub: 'x' }).sign(),
    ],
    [
      'a subject of a service that is a number',
      'CLAIM_INVALID',
      (context) => goodServiceToken(context).claim('sub', 42).sign(),
    ],
    [
      'an empty subject of a service',
      'CLAIM_INVALID',
      (context) => goodServiceToken(context).claim('sub', '').sign(),
    ],
  ]),
  ...hostileTable('server', 'rule', audiences),
  ...hostileTable('peer', 'rule', [
    [
      'a token of a service for another one',
      'AUDIENCE_MISMATCH',
      (context) => goodServiceToken(context).to('https://billing.example/').sign(),
    ],
    [
      'a token of a service to itself',
      'AUDIENCE_MISMATCH',
      (context) => goodServiceToken(context).to(context.peer.issuer).sign(),
    ],
  ]),
];
