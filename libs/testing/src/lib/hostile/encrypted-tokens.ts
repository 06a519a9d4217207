import { generateKeyPairSync } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';

import { encryptJwt } from '@countersign/token';
import type { AccessErrorCode } from '@countersign/token';

import { compactJwt, encodePart } from '../compact-jwt.js';
import type { JwtPart } from '../compact-jwt.js';
import { createTestKey } from '../test-key.js';
import { goodAccessToken } from './hostile-token.js';
import type { HostileContext, RefusingStage } from './hostile-token.js';

/** The world of encrypted tokens: the verifier holds the private half of `recipient`. @publicApi */
export interface EncryptedContext extends HostileContext {
  /** Public JWK with a `kid`, on P-256. */
  readonly recipient: JsonWebKey;
}

/** One hostile encrypted token, in the carrier of the server. @publicApi */
export interface HostileEncryptedToken {
  readonly name: string;
  readonly code: AccessErrorCode;
  readonly stage: RefusingStage;
  make(context: EncryptedContext): Promise<string>;
}

type Make = HostileEncryptedToken['make'];
type Row = readonly [name: string, code: AccessErrorCode, make: Make];
type Parts = [header: string, key: string, iv: string, content: string, tag: string];
type Header = Record<string, unknown>;

const good: Make = (context) => encryptJwt(goodAccessToken(context).sign(), context.recipient);

/** Another text inside, properly encrypted. */
const inside =
  (make: (context: EncryptedContext) => string): Make =>
  (context) =>
    encryptJwt(make(context), context.recipient);

/** The parts of a good token, put together in another way. */
const taken =
  (join: (...parts: Parts) => string): Make =>
  async (context) =>
    join(...((await good(context)).split('.') as Parts));

/** A good token under another header. */
const under = (change: (header: Header) => JwtPart): Make =>
  taken((header, ...rest) => {
    const parsed = JSON.parse(Buffer.from(header, 'base64url').toString()) as Header;
    return [encodePart(change(parsed)), ...rest].join('.');
  });

const withMember = (name: string, value: unknown): Make =>
  under((header) => ({ ...header, [name]: value }));

const withEpk = (change: Header): Make =>
  under((header) => ({ ...header, epk: { ...(header['epk'] as Header), ...change } }));

const withoutEpk = (alg: string): Make => under((header) => ({ ...header, epk: undefined, alg }));

/** One bit of a part turned. */
function turned(part: string): string {
  const bytes = Buffer.from(part, 'base64url');
  bytes[0] = (bytes[0] as number) ^ 1;
  return bytes.toString('base64url');
}

const turn = (at: number): Make =>
  taken((...parts) => parts.map((part, n) => (n === at ? turned(part) : part)).join('.'));

const point = (curve: string): Header =>
  generateKeyPairSync('ec', { namedCurve: curve }).publicKey.export({ format: 'jwk' }) as Header;

const form: readonly Row[] = [
  ['four parts', 'TOKEN_MALFORMED', taken((...parts) => parts.slice(1).join('.'))],
  ['six parts', 'TOKEN_MALFORMED', taken((...parts) => `${parts.join('.')}.`)],
  ['four dots', 'TOKEN_MALFORMED', async () => '....'],
  ['padding', 'TOKEN_MALFORMED', async (context) => `${await good(context)}==`],
  ['no content', 'TOKEN_MALFORMED', taken((h, k, iv, _, tag) => `${h}.${k}.${iv}..${tag}`)],
  ['no encrypted key', 'TOKEN_MALFORMED', taken((h, _, iv, c, tag) => `${h}..${iv}.${c}.${tag}`)],
  ['no tag', 'TOKEN_MALFORMED', taken((h, k, iv, c) => `${h}.${k}.${iv}.${c}.`)],
  [
    'a cut tag',
    'TOKEN_MALFORMED',
    taken((...p) => `${p.slice(0, 4).join('.')}.${p[4].slice(0, 4)}`),
  ],
  [
    'a short vector',
    'TOKEN_MALFORMED',
    taken((h, k, iv, c, t) => [h, k, iv.slice(4), c, t].join('.')),
  ],
  ['a header that is an array', 'TOKEN_MALFORMED', under((header) => [header])],
  ['a header that is no JSON', 'TOKEN_MALFORMED', under(() => 'alg=ECDH-ES')],
  [
    'two algorithms in its header',
    'TOKEN_MALFORMED',
    under((header) => `{"alg":"dir",${JSON.stringify(header).slice(1)}`),
  ],
  ['a plain text inside, by its cty', 'TOKEN_MALFORMED', withMember('cty', undefined)],
  ['JSON inside, by its cty', 'TOKEN_MALFORMED', withMember('cty', 'json')],
  ['cty as a list', 'TOKEN_MALFORMED', withMember('cty', ['JWT'])],
  ['compression', 'TOKEN_MALFORMED', withMember('zip', 'DEF')],
  ['a critical extension', 'TOKEN_MALFORMED', withMember('crit', ['exp'])],
  ['enc missing', 'TOKEN_MALFORMED', withMember('enc', undefined)],
  ['alg as a number', 'TOKEN_MALFORMED', withMember('alg', 1)],
  ['an empty kid', 'TOKEN_MALFORMED', withMember('kid', '')],
  ['party information that is no base64url', 'TOKEN_MALFORMED', withMember('apu', '=')],
  ['endless party information', 'TOKEN_MALFORMED', withMember('apv', 'A'.repeat(1024))],
  ['no ephemeral key', 'TOKEN_MALFORMED', withMember('epk', undefined)],
  ['a private ephemeral key', 'TOKEN_MALFORMED', withEpk({ d: 'AA' })],
  ['a short ephemeral key', 'TOKEN_MALFORMED', withEpk({ x: 'AA' })],
  ['an ephemeral key of another type', 'TOKEN_MALFORMED', withEpk({ kty: 'OKP', crv: 'X25519' })],
  ['an ephemeral key on a curve nobody knows', 'TOKEN_MALFORMED', withEpk({ crv: '__proto__' })],
];

const algorithms: readonly Row[] = [
  ['a password', 'DECRYPTION_FAILED', under(pbes2)],
  ['a shared key', 'DECRYPTION_FAILED', withoutEpk('A256KW')],
  ['RSA with PKCS1 padding', 'DECRYPTION_FAILED', withoutEpk('RSA1_5')],
  ['an algorithm that is not for its key', 'DECRYPTION_FAILED', withoutEpk('RSA-OAEP-256')],
  ['an algorithm of another key size', 'DECRYPTION_FAILED', withMember('alg', 'ECDH-ES+A128KW')],
  ['a content encryption nobody allowed', 'DECRYPTION_FAILED', withMember('enc', 'A128CBC-HS256')],
  ['a content encryption from a prototype', 'DECRYPTION_FAILED', withMember('enc', 'constructor')],
  ['an unknown key', 'DECRYPTION_FAILED', withMember('kid', 'other')],
  ['another recipient', 'DECRYPTION_FAILED', toAnother],
  ['a point that is not on its curve', 'DECRYPTION_FAILED', withEpk({ y: 'A'.repeat(43) })],
  ['a point of another curve', 'DECRYPTION_FAILED', withEpk(point('P-384'))],
  ['a point of another pair', 'DECRYPTION_FAILED', withEpk(point('P-256'))],
  ['another header', 'DECRYPTION_FAILED', withMember('aud', 'x')],
  ['a bit of its key turned', 'DECRYPTION_FAILED', turn(1)],
  ['a bit of its vector turned', 'DECRYPTION_FAILED', turn(2)],
  ['a bit of its content turned', 'DECRYPTION_FAILED', turn(3)],
  ['a bit of its tag turned', 'DECRYPTION_FAILED', turn(4)],
];

const contents: readonly Row[] = [
  [
    'no signature inside, said to be none',
    'ALGORITHM_FORBIDDEN',
    inside((context) => {
      const { header, claims } = goodAccessToken(context).draft();
      return `${encodePart({ ...header, alg: 'none' })}.${encodePart(claims)}.AA`;
    }),
  ],
  [
    'a forged signature inside',
    'SIGNATURE_INVALID',
    inside((context) => {
      const { header, claims } = goodAccessToken(context).draft();
      return compactJwt(header, claims, createTestKey('ES256', context.server.key.kid));
    }),
  ],
  [
    'an expired token inside',
    'TOKEN_EXPIRED',
    inside((context) => goodAccessToken(context).expired().sign()),
  ],
  [
    'a token of another type inside',
    'TYPE_MISMATCH',
    inside((context) => goodAccessToken(context).header('typ', 'jwt').sign()),
  ],
];

function pbes2(header: Header): Header {
  return {
    ...header,
    epk: undefined,
    alg: 'PBES2-HS256+A128KW',
    p2c: 2_147_483_647,
    p2s: 'AAAAAAAAAAAAAAAAAAAAAA',
  };
}

function toAnother(context: EncryptedContext): Promise<string> {
  const { kid } = context.recipient as { kid?: unknown };
  return encryptJwt(goodAccessToken(context).sign(), { ...point('P-256'), kid } as JsonWebKey);
}

/**
 * Every hostile encrypted token, each with the code that must refuse it where `decryption` is
 * configured.
 * @publicApi
 */
export const hostileEncryptedTokens: readonly HostileEncryptedToken[] = [
  ...form,
  ...algorithms,
  ...contents,
].map(([name, code, make]) => Object.freeze({ name, code, stage: 'verify' as const, make }));
