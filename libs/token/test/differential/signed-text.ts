/**
 * Tokens as texts whose every member can be written in any way, and signed all the same: what a JSON
 * printer would never print is what parsers differ on.
 */
import {
  createHmac,
  createPrivateKey,
  generateKeyPairSync,
  sign,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';

/** A member of a JSON object, both halves as they are to be printed. */
export type Member = readonly [name: string, value: string];

export interface Draft {
  readonly header: readonly Member[];
  readonly claims: readonly Member[];
  readonly key: SigningPair;
}

export interface SigningPair {
  readonly kid: string;
  readonly alg: 'ES256' | 'RS256' | 'EdDSA' | 'ES384';
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const make = (
  kid: string,
  alg: SigningPair['alg'],
  pair: { privateKey: KeyObject; publicKey: KeyObject },
): SigningPair => ({ kid, alg, ...pair });

export const pairs: readonly SigningPair[] = [
  make('one', 'ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })),
  make('two', 'RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })),
  make('three', 'EdDSA', generateKeyPairSync('ed25519')),
  make('four', 'ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' })),
];

/** The set that the issuer publishes. */
export const jwks: readonly JsonWebKey[] = pairs.map(({ kid, alg, publicKey }) => ({
  ...publicKey.export({ format: 'jwk' }),
  kid,
  alg,
  use: 'sig',
}));

/** A key of the first kind that nobody trusts. */
export const stranger = make('one', 'ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' }));

export const printed = (members: readonly Member[]): string =>
  `{${members.map(([name, value]) => `${name}:${value}`).join(',')}}`;

export const encoded = (text: string | Buffer): string => Buffer.from(text).toString('base64url');

/** The compact form of two texts, signed by the way of `key`, whatever the header says. */
export function signed(header: string | Buffer, claims: string | Buffer, key: SigningPair): string {
  const input = `${encoded(header)}.${encoded(claims)}`;
  return `${input}.${signatureOf(input, key).toString('base64url')}`;
}

export const tokenOf = ({ header, claims, key }: Draft): string =>
  signed(printed(header), printed(claims), key);

function signatureOf(input: string, { alg, privateKey }: SigningPair): Buffer {
  const hash = { ES256: 'sha256', RS256: 'sha256', ES384: 'sha384', EdDSA: null }[alg];
  return sign(hash, Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
}

/** What an attacker may take for the secret of an HMAC: every spelling of the public key. */
export function publicSpellings({ publicKey }: SigningPair): readonly (string | Buffer)[] {
  const pem = publicKey.export({ format: 'pem', type: 'spki' }) as string;
  const jwk = publicKey.export({ format: 'jwk' });
  return [
    pem,
    pem.trimEnd(),
    pem.replaceAll('\n', ''),
    publicKey.export({ format: 'der', type: 'spki' }),
    JSON.stringify(jwk),
    JSON.stringify({ keys: jwks }),
    jwk.n ?? jwk.x ?? '',
    '',
    'secret',
  ];
}

/** Signed as HS256, keyed with what is no secret. */
export function confused(header: string, claims: string, secret: string | Buffer): string {
  const input = `${encoded(header)}.${encoded(claims)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

/** For what is encrypted: the key of the service. */
export const recipient = (() => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const privateJwk = privateKey.export({ format: 'jwk' });
  return {
    privateJwk,
    publicKey,
    privateKey: createPrivateKey({ key: privateJwk, format: 'jwk' }),
  };
})();
