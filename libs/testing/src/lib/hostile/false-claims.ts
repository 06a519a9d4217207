import type { AccessErrorCode, Json } from '@countersign/token';

import { compactJwt } from '../compact-jwt.js';
import { goodAccessToken, goodServiceToken, hostileTable } from './hostile-token.js';
import type { HostileContext, HostileRow } from './hostile-token.js';

type Claim = [name: string, value: Json | undefined];

const shown = (value: Json | undefined): string =>
  value === undefined ? 'no' : `${JSON.stringify(value).slice(0, 50)} as`;

/** A properly signed access token with one claim of another value, or without it. */
const claim = (code: AccessErrorCode, ...[name, value]: Claim): HostileRow => [
  `${shown(value)} ${name}`,
  code,
  (context) => {
    const token = goodAccessToken(context);
    return (value === undefined ? token.withoutClaim(name) : token.claim(name, value)).sign();
  },
];

/** The same for a token of the service peer. */
const peerClaim = (code: AccessErrorCode, ...[name, value]: Claim): HostileRow => [
  `${shown(value)} ${name} of a service`,
  code,
  (context) => {
    const token = goodServiceToken(context);
    return (value === undefined ? token.withoutClaim(name) : token.claim(name, value)).sign();
  },
];

const invalid = (...given: Claim): HostileRow => claim('CLAIM_INVALID', ...given);

/** Claims written as JSON text, for numbers that JSON.stringify would not write. */
const written =
  (name: string, number: string) =>
  (context: HostileContext): string => {
    const { header, claims, key } = goodAccessToken(context).claim(name, '#').draft();
    return compactJwt(header, JSON.stringify(claims).replace('"#"', number), key);
  };

const nowOf = ({ server }: HostileContext): number => Math.floor(server.clock.now());

const issuer: readonly HostileRow[] = [
  invalid('iss', undefined),
  invalid('iss', null),
  invalid('iss', 1),
  invalid('iss', ['https://auth.example']),
  claim('ISSUER_UNTRUSTED', 'iss', ''),
  claim('ISSUER_UNTRUSTED', 'iss', 'https://evil.example'),
  claim('ISSUER_UNTRUSTED', 'iss', 'http://127.0.0.1:9/'),
  claim('ISSUER_UNTRUSTED', 'iss', 'constructor'),
  [
    'its issuer with another slash',
    'ISSUER_UNTRUSTED',
    (context) => goodAccessToken(context).claim('iss', `${context.server.issuer}/`).sign(),
  ],
  [
    'its issuer in upper case',
    'ISSUER_UNTRUSTED',
    (context) => {
      const { issuer: iss } = context.server;
      return goodAccessToken(context).claim('iss', iss.toUpperCase()).sign();
    },
  ],
];

const type: readonly HostileRow[] = [
  ...['JWT', 'dpop+jwt', 'client-authentication+jwt', 'secevent+jwt', 'service+jwt', ''].map(
    (typ): HostileRow => [
      `typ ${JSON.stringify(typ)}`,
      'TYPE_MISMATCH',
      (context) => goodAccessToken(context).header('typ', typ).sign(),
    ],
  ),
  ['no typ', 'TYPE_MISMATCH', (context) => goodAccessToken(context).withoutHeader('typ').sign()],
  [
    'typ as an array',
    'TYPE_MISMATCH',
    (context) => goodAccessToken(context).header('typ', ['at+jwt']).sign(),
  ],
];

const audience: readonly HostileRow[] = [
  invalid('aud', undefined),
  invalid('aud', null),
  invalid('aud', ''),
  invalid('aud', 1),
  invalid('aud', []),
  invalid('aud', {}),
  invalid('aud', ['']),
  [
    'a number beside its audience',
    'CLAIM_INVALID',
    (context) => goodAccessToken(context).claim('aud', [context.audience, 1]).sign(),
  ],
  [
    'an array in its audience',
    'CLAIM_INVALID',
    (context) =>
      goodAccessToken(context)
        .claim('aud', [[context.audience]])
        .sign(),
  ],
];

const times: readonly HostileRow[] = [
  ...['exp', 'iat', 'nbf'].flatMap((name): HostileRow[] => [
    ...(name === 'nbf' ? [] : [invalid(name, undefined)]),
    invalid(name, null),
    invalid(name, '1800000000'),
    invalid(name, [1_800_000_000]),
    invalid(name, -1),
    [`1e999 as ${name}`, 'CLAIM_INVALID', written(name, '1e999')],
    [`a fraction as ${name}`, 'CLAIM_INVALID', written(name, '1800000000.5')],
    [`2^53 as ${name}`, 'CLAIM_INVALID', written(name, '9007199254740992')],
  ]),
  ['no lifetime at all', 'CLAIM_INVALID', (context) => goodAccessToken(context).lifetime(0).sign()],
  ['exp two minutes ago', 'TOKEN_EXPIRED', (context) => goodAccessToken(context).expired().sign()],
  [
    'iat in an hour',
    'TOKEN_NOT_YET_VALID',
    (context) =>
      goodAccessToken(context)
        .issuedAt(nowOf(context) + 3600)
        .sign(),
  ],
  [
    'nbf in two minutes',
    'TOKEN_NOT_YET_VALID',
    (context) =>
      goodAccessToken(context)
        .claim('nbf', nowOf(context) + 120)
        .sign(),
  ],
  [
    'a lifetime of 25 hours',
    'LIFETIME_TOO_LONG',
    (context) => goodAccessToken(context).lifetime('25h').sign(),
  ],
];

const identity: readonly HostileRow[] = ['sub', 'client_id', 'jti'].flatMap((name) => [
  invalid(name, undefined),
  invalid(name, ''),
  invalid(name, 42),
  invalid(name, null),
  invalid(name, { uri: 'x' }),
]);

/** Access tokens that say something no verifier may accept. @internal */
export const falseClaims = [
  ...hostileTable('server', 'verify', [...issuer, ...type, ...audience, ...times, ...identity]),
  ...hostileTable('peer', 'verify', [
    peerClaim('CLAIM_INVALID', 'jti', undefined),
    peerClaim('CLAIM_INVALID', 'jti', 7),
    peerClaim('ISSUER_UNTRUSTED', 'iss', 'https://unknown.example/'),
    [
      'an access token of a service',
      'TYPE_MISMATCH',
      (context) => goodServiceToken(context).header('typ', 'at+jwt').sign(),
    ],
    [
      'JWT as the type of a service that is not legacy',
      'TYPE_MISMATCH',
      (context) => goodServiceToken(context).header('typ', 'JWT').sign(),
    ],
    [
      'a lifetime of six minutes of a service',
      'LIFETIME_TOO_LONG',
      (context) => goodServiceToken(context).lifetime('6m').sign(),
    ],
    [
      'a service token that has expired',
      'TOKEN_EXPIRED',
      (context) => goodServiceToken(context).expired().sign(),
    ],
  ]),
];
