/** What this library's own specs build tokens and trust entries from, without the library. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

import { AccessError } from '../src/lib/errors.js';
import type {
  Clock,
  JsonObject,
  KeyQuery,
  TrustedIssuer,
  VerificationKey,
  VerifiedToken,
} from '../src/lib/types.js';

export const now = 1_800_000_000;
export const census = 'https://census.example/';
export const auth = 'https://auth.example';
export const herald = 'https://herald.example/';
export const user42 = 'https://census.example/user/42/';

export const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** A clock that stands at `now`, or at an offset of it. */
export const clockAt = (offset = 0): Clock => ({ now: () => now + offset, monotonic: () => 0 });

/** Keys by kid; what was asked is remembered. */
export function keysOf(...keys: VerificationKey[]): TrustedIssuer['keys'] & { asked: KeyQuery[] } {
  const asked: KeyQuery[] = [];
  const find = (query: KeyQuery) => {
    asked.push(query);
    const key = keys.find(({ kid }) => kid === query.kid);
    if (key === undefined) throw new AccessError('KEY_UNKNOWN');
    return key;
  };
  return { asked, find };
}

export const es256Key = (kid: string | undefined = 'one', key: KeyObject = pair.publicKey) =>
  ({ kid, algorithm: 'ES256', key }) satisfies VerificationKey;

/** The authorization server of the specs; it may speak for Census's users. */
export const anAuthorizationServer = (changes: Partial<TrustedIssuer> = {}): TrustedIssuer => ({
  name: 'auth',
  kind: 'authorization-server',
  issuer: auth,
  carrier: 'Bearer',
  profile: { name: 'access-token', types: ['at+jwt'], requiredClaims: ['sub', 'client_id', 'jti'] },
  algorithms: ['ES256'],
  maxLifetime: 3600,
  mayAssert: 'any',
  subjects: [`${census}user/`],
  callers: { 'herald-client': 'herald' },
  keys: keysOf(es256Key()),
  ...changes,
});

/** Herald signing for itself; it may assert one scope for Census's users. */
export const aServicePeer = (changes: Partial<TrustedIssuer> = {}): TrustedIssuer => ({
  name: 'herald',
  kind: 'service-peer',
  issuer: herald,
  carrier: 'JWT',
  profile: { name: 'service-token', types: ['service+jwt'], requiredClaims: ['jti'] },
  algorithms: ['ES256'],
  maxLifetime: 300,
  mayAssert: ['users:read'],
  subjects: [`${census}user/`],
  callers: {},
  keys: keysOf(es256Key()),
  ...changes,
});

export const accessTokenClaims: JsonObject = {
  iss: auth,
  aud: census,
  sub: 'herald-client',
  client_id: 'herald-client',
  jti: 'id-1',
  iat: now,
  exp: now + 300,
  scope: 'users:read users:write',
};

export const serviceTokenClaims: JsonObject = {
  iss: herald,
  aud: census,
  sub: user42,
  jti: 'id-2',
  iat: now,
  exp: now + 60,
  scope: 'users:read',
};

/** A compact ES256 token of any header and claims, undefined members left out. */
export function aJwt(
  claims: unknown,
  header: unknown = {},
  key: KeyObject = pair.privateKey,
): string {
  const full = { alg: 'ES256', kid: 'one', typ: 'at+jwt', ...(header as object) };
  const input = [full, claims].map(encode).join('.');
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

function encode(part: unknown): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
}

/** A verified token as `toPrincipal` gets it. */
export const verified = (issuer: TrustedIssuer, claims: JsonObject): VerifiedToken => ({
  issuer,
  claims,
  audience: [census],
  kid: 'one',
  issuedAt: now,
  expiresAt: now + 60,
});
