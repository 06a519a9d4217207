import { createPublicKey, createSecretKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import type { Algorithm } from '@countersign/token';

import { compactJwt, encodePart } from '../compact-jwt.js';
import { createTestKey } from '../test-key.js';
import type { TestKey } from '../test-key.js';
import { goodAccessToken, goodServiceToken, hostileTable } from './hostile-token.js';
import type { HostileContext, HostileRow } from './hostile-token.js';

/** A good token whose signature is replaced, header changed with it or not. */
const signedWith =
  (signatureOf: (input: string, key: TestKey) => Uint8Array, header: object = {}) =>
  (context: HostileContext): string => {
    const draft = goodAccessToken(context).draft();
    const input = `${encodePart({ ...draft.header, ...header })}.${encodePart(draft.claims)}`;
    return `${input}.${Buffer.from(signatureOf(input, draft.key)).toString('base64url')}`;
  };

const fixed = (bytes: Uint8Array) => signedWith(() => bytes);

/** A token MACed with something an attacker knows: the public key in one of its forms. */
const confused =
  (secretOf: (publicKey: KeyObject, key: TestKey) => string | Uint8Array) =>
  (context: HostileContext): string => {
    const { key } = context.server;
    const secret = secretOf(createPublicKey(key.signingKey), key);
    const forged: TestKey = {
      algorithm: 'HS256',
      kid: key.kid,
      signingKey: createSecretKey(Buffer.from(secret)),
      jwk: {},
    };
    return goodAccessToken(context).signedBy(forged).sign();
  };

const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

// Made when first needed: RSA keys take a while, and most who import this file need none.
const made = new Map<Algorithm, TestKey>();
const attackersKey = (algorithm: Algorithm = 'ES256'): TestKey => {
  const key = made.get(algorithm) ?? createTestKey(algorithm, 'attacker');
  made.set(algorithm, key);
  return key;
};

/** A token of the attacker, under the good key's `kid`, that brings along its own key. */
const bringing =
  (members: () => object) =>
  (context: HostileContext): string => {
    const { header, claims } = goodAccessToken(context).draft();
    return compactJwt({ ...header, ...members() }, claims, attackersKey());
  };

const none: readonly HostileRow[] = [
  ...['none', 'None', 'NONE', 'nOnE', 'none ', '', 'es256', 'ES256 ', 'ES256K', 'HS256'].map(
    (alg): HostileRow => [
      `algorithm ${JSON.stringify(alg)} with the signature kept`,
      'ALGORITHM_FORBIDDEN',
      (context) => {
        const { header, claims, key } = goodAccessToken(context).draft();
        const signature = compactJwt(header, claims, key).split('.')[2] as string;
        return `${encodePart({ ...header, alg })}.${encodePart(claims)}.${signature}`;
      },
    ],
  ),
  ...(['RS256', 'PS256', 'ES384', 'EdDSA', 'HS512'] as const).map((algorithm): HostileRow => [
    `${algorithm}, which the issuer may not use`,
    'ALGORITHM_FORBIDDEN',
    (context) => goodAccessToken(context).signedBy(attackersKey(algorithm)).sign(),
  ]),
];

const confusion: readonly HostileRow[] = (
  [
    ['public PEM', pem],
    ['public PEM without its last newline', (key: KeyObject) => pem(key).trimEnd()],
    ['public PEM on one line', (key: KeyObject) => pem(key).replaceAll('\n', '')],
    ['body of the public PEM', (key: KeyObject) => pem(key).split('\n').slice(1, -2).join('')],
    ['public DER', (key: KeyObject) => key.export({ type: 'spki', format: 'der' })],
    ['coordinate x', (_: KeyObject, key: TestKey) => Buffer.from(String(key.jwk.x), 'base64url')],
    ['coordinate x as text', (_: KeyObject, key: TestKey) => String(key.jwk.x)],
    ['public JWK', (_: KeyObject, key: TestKey) => JSON.stringify(key.jwk)],
    ['key set', (_: KeyObject, key: TestKey) => JSON.stringify({ keys: [key.jwk] })],
    ['word secret', () => 'secret'],
    ['NUL', () => '\0'],
    ['empty key', () => ''],
  ] as const
).map(([form, secretOf]) => [
  `HS256 with the ${form} as its secret`,
  'ALGORITHM_FORBIDDEN',
  confused(secretOf),
]);

// The order of P-256: r and s must lie between 1 and it.
const order = Buffer.from(
  'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
  'hex',
);
const one = Buffer.concat([Buffer.alloc(31), Buffer.from([1])]);
const zero = Buffer.alloc(32);

const ecdsa: readonly HostileRow[] = [
  ['zero for r and s', 'SIGNATURE_INVALID', fixed(Buffer.concat([zero, zero]))],
  ['one for r and s', 'SIGNATURE_INVALID', fixed(Buffer.concat([one, one]))],
  ['zero for r', 'SIGNATURE_INVALID', fixed(Buffer.concat([zero, one]))],
  ['zero for s', 'SIGNATURE_INVALID', fixed(Buffer.concat([one, zero]))],
  ['the order for r and s', 'SIGNATURE_INVALID', fixed(Buffer.concat([order, order]))],
  ['ones in every bit', 'SIGNATURE_INVALID', fixed(Buffer.alloc(64, 0xff))],
  ['one byte', 'SIGNATURE_INVALID', fixed(Buffer.alloc(1))],
  [
    'a signature in DER',
    'SIGNATURE_INVALID',
    signedWith((input, { signingKey }) => sign('sha256', Buffer.from(input), signingKey)),
  ],
  [
    'a signature and one byte more',
    'SIGNATURE_INVALID',
    (context) => {
      const [head, claims, signature = ''] = goodAccessToken(context).sign().split('.');
      const longer = Buffer.concat([Buffer.from(signature, 'base64url'), Buffer.alloc(1)]);
      return `${head}.${claims}.${longer.toString('base64url')}`;
    },
  ],
];

const changed: readonly HostileRow[] = [
  [
    'claims changed after signing',
    'SIGNATURE_INVALID',
    (context) => {
      const token = goodAccessToken(context);
      const [head, , signature] = token.sign().split('.');
      const { claims } = token.scopes('users:read', 'users:write').draft();
      return `${head}.${encodePart(claims)}.${signature}`;
    },
  ],
  [
    'a header changed after signing',
    'SIGNATURE_INVALID',
    (context) => {
      const token = goodAccessToken(context);
      const [, claims, signature] = token.sign().split('.');
      const { header } = token.header('x', 1).draft();
      return `${encodePart(header)}.${claims}.${signature}`;
    },
  ],
  [
    'the signature of another token',
    'SIGNATURE_INVALID',
    (context) => {
      const token = goodAccessToken(context);
      const [, , signature] = token.claim('jti', 'other').sign().split('.');
      return `${token.sign().split('.').slice(0, 2).join('.')}.${signature}`;
    },
  ],
];

const foreign: readonly HostileRow[] = [
  ['a key of nobody under a good kid', 'SIGNATURE_INVALID', bringing(() => ({}))],
  [
    'the key of another trusted issuer under a good kid',
    'SIGNATURE_INVALID',
    (context) => {
      const { header, claims } = goodAccessToken(context).draft();
      return compactJwt(header, claims, context.peer.key);
    },
  ],
  ['its own key in jwk', 'SIGNATURE_INVALID', bringing(() => ({ jwk: attackersKey().jwk }))],
  ['its own key in x5c', 'SIGNATURE_INVALID', bringing(() => ({ x5c: ['AAAA'] }))],
  ['a jku of its own', 'SIGNATURE_INVALID', bringing(() => ({ jku: 'http://127.0.0.1:9/jwks' }))],
  ['an x5u of its own', 'SIGNATURE_INVALID', bringing(() => ({ x5u: 'http://127.0.0.1:9/cert' }))],
  ...['attacker', '../../dev/null', "' OR 1=1 --", '__proto__', 'constructor'].map(
    (kid): HostileRow => [
      `kid ${kid}`,
      'KEY_UNKNOWN',
      (context) => goodAccessToken(context).signedBy(attackersKey()).header('kid', kid).sign(),
    ],
  ),
];

/** Tokens whose algorithm, key or signature is not what it should be. @internal */
export const forgedTokens = [
  ...hostileTable('server', 'verify', [...none, ...confusion, ...ecdsa, ...changed, ...foreign]),
  ...hostileTable('peer', 'verify', [
    [
      'a token of the peer with the key of the authorization server',
      'SIGNATURE_INVALID',
      (context) => {
        const { header, claims } = goodServiceToken(context).draft();
        return compactJwt(header, claims, context.server.key);
      },
    ],
  ]),
];
