/**
 * The table of DPoP proofs (RFC 9449 section 4.3) that deceive: one row is what stands in the `DPoP`
 * fields of one request. After the negative list of the OpenID Foundation's conformance suite.
 */
import { createHash, createPublicKey, randomUUID } from 'node:crypto';

import type { Json } from '@countersign/token';

import { compactJwt } from '../compact-jwt.js';
import { createTestKey, type TestKey } from '../test-key.js';

/** The request that proofs are made for. @publicApi */
export interface ProofContext {
  /** With ES256; the token, if there is one, is bound to it. */
  readonly key: TestKey;
  readonly method: string;
  /** Where the request goes, as the receiver knows itself: with a path, without a query. */
  readonly url: string;
  /** The token that goes with it; none to a token endpoint. */
  readonly accessToken?: string;
  /** Seconds since the epoch: what the receiver's clock shows. */
  readonly now: number;
}

/** One request's proofs. @publicApi */
export interface HostileProof {
  readonly name: string;
  /** `missing` where there is none, `another` where it holds for another key. */
  readonly fault: 'missing' | 'invalid' | 'another';
  /** Whether it takes an access token to deceive like this. */
  readonly needsToken: boolean;
  /** The values of the `DPoP` header fields. */
  make(context: ProofContext): readonly string[];
}

type Members = Readonly<Record<string, Json | undefined>>;

/** How a proof differs from one that is good. @publicApi */
export interface ProofChanges {
  /** Members in place of those that would be right; undefined takes one away. */
  readonly header?: Members;
  readonly claims?: Members;
  readonly key?: TestKey;
}

/** Makes a proof that is good but for some changes. @publicApi */
export function aProof(context: ProofContext, changes: ProofChanges = {}): string {
  const { method, url, accessToken, now } = context;
  const { key = context.key } = changes;
  const header = { typ: 'dpop+jwt', alg: key.algorithm, jwk: publicPart(key), ...changes.header };
  const claims = {
    jti: randomUUID(),
    htm: method,
    htu: url,
    iat: Math.floor(now),
    ...(accessToken !== undefined && { ath: hashOf(accessToken) }),
    ...changes.claims,
  };
  // JSON leaves out what is undefined.
  return compactJwt(header, claims, key);
}

const hashOf = (token: string) => createHash('sha256').update(token).digest('base64url');

function publicPart({ signingKey }: TestKey): Members {
  const shown = signingKey.type === 'secret' ? signingKey : createPublicKey(signingKey);
  return shown.export({ format: 'jwk' }) as Members;
}

type Row = readonly [name: string, changes: (context: ProofContext) => ProofChanges];

const header = (members: Members) => () => ({ header: members });
const claims = (members: Members) => () => ({ claims: members });

const otherKey = createTestKey('ES256', 'other');
const secret = createTestKey('HS256', 'secret');
const weak = { kty: 'RSA', n: Buffer.alloc(128, 0xff).toString('base64url'), e: 'AQAB' };

const altered: readonly Row[] = [
  ['no typ', header({ typ: undefined })],
  ['typ JWT', header({ typ: 'JWT' })],
  ['the typ of an access token', header({ typ: 'at+jwt' })],
  ['no alg', header({ alg: undefined })],
  ['alg none', header({ alg: 'none' })],
  ['alg HS256, signed with a secret it names', () => ({ key: secret })],
  ['an alg the key is not for', header({ alg: 'ES384' })],
  ['no jwk', header({ jwk: undefined })],
  ['a jwk that is a text', header({ jwk: 'key' })],
  ['the private key', ({ key }) => ({ header: { jwk: privatePart(key) } })],
  ['a weak key', header({ alg: 'RS256', jwk: weak })],
  ['a key it is not signed with', () => ({ header: { jwk: publicPart(otherKey) } })],
  ['a kid in place of jwk', header({ jwk: undefined, kid: 'one' })],
  ['a jku in place of jwk', header({ jwk: undefined, jku: 'http://127.0.0.1:9/jwks.json' })],
  ['crit', header({ crit: ['jwk'] })],
  ['no jti', claims({ jti: undefined })],
  ['an empty jti', claims({ jti: '' })],
  ['a jti that is a number', claims({ jti: 1 })],
  ['no htm', claims({ htm: undefined })],
  ['another htm', claims({ htm: 'PATCH' })],
  ['htm in lower case', ({ method }) => ({ claims: { htm: method.toLowerCase() } })],
  ['htm as a list', ({ method }) => ({ claims: { htm: [method] } })],
  ['no htu', claims({ htu: undefined })],
  ['htu of another path', ({ url }) => ({ claims: { htu: `${url}/other` } })],
  ['htu of another host', ({ url }) => ({ claims: { htu: url.replace('://', '://evil.') } })],
  ['htu of another scheme', ({ url }) => ({ claims: { htu: otherScheme(url) } })],
  ['htu of another port', ({ url }) => ({ claims: { htu: withPort(url, '6553') } })],
  ['htu with user information', ({ url }) => ({ claims: { htu: url.replace('://', '://a@') } })],
  ['htu with dots to be resolved', ({ url }) => ({ claims: { htu: withDots(url) } })],
  ['htu without a scheme', ({ url }) => ({ claims: { htu: url.replace(/^https?:/, '') } })],
  ['no iat', claims({ iat: undefined })],
  ['iat as a text', ({ now }) => ({ claims: { iat: String(now) } })],
  ['iat an hour ago', ({ now }) => ({ claims: { iat: Math.floor(now) - 3600 } })],
  ['iat in an hour', ({ now }) => ({ claims: { iat: Math.floor(now) + 3600 } })],
  ['iat in milliseconds', ({ now }) => ({ claims: { iat: Math.floor(now * 1000) } })],
  ['an exp that has passed', ({ now }) => ({ claims: { exp: Math.floor(now) - 30 } })],
  ['more than 4 KB', claims({ pad: 'x'.repeat(4096) })],
];

const alteredHash: readonly Row[] = [
  ['no ath', claims({ ath: undefined })],
  ['the ath of another token', claims({ ath: hashOf('another') })],
  ['an ath in hex', ({ accessToken = '' }) => ({ claims: { ath: hexHash(accessToken) } })],
  ['the token itself as ath', ({ accessToken }) => ({ claims: { ath: accessToken } })],
];

const hexHash = (token: string) => createHash('sha256').update(token).digest('hex');
const otherScheme = (url: string) =>
  url.startsWith('https') ? url.replace('https', 'http') : url.replace('http', 'https');
const withPort = (url: string, port: string) =>
  url.replace(/^(https?:\/\/[^/:]+)[^/]*/, `$1:${port}`);
const withDots = (url: string) => url.replace(/^(https?:\/\/[^/]+)/, '$1/x/..');

function privatePart({ signingKey }: TestKey): Members {
  return signingKey.export({ format: 'jwk' }) as Members;
}

const rows = (from: readonly Row[], needsToken: boolean): readonly HostileProof[] =>
  from.map(([name, changes]) =>
    Object.freeze({
      name,
      fault: 'invalid' as const,
      needsToken,
      make: (context: ProofContext) => [aProof(context, changes(context))],
    }),
  );

const sent = (
  name: string,
  fault: HostileProof['fault'],
  make: HostileProof['make'],
  needsToken = false,
): HostileProof => Object.freeze({ name, fault, needsToken, make });

/** Every way to deceive by a proof; each is refused, whatever token is beside it. @publicApi */
export const hostileProofs: readonly HostileProof[] = Object.freeze([
  ...rows(altered, false),
  ...rows(alteredHash, true),
  sent('no proof', 'missing', () => [], true),
  sent('an empty proof', 'invalid', () => ['']),
  sent('what is no JWT', 'invalid', () => ['abc']),
  sent('two proofs', 'invalid', (context) => [aProof(context), aProof(context)]),
  sent('one proof twice', 'invalid', (context) => {
    const proof = aProof(context);
    return [proof, proof];
  }),
  sent('two proofs in one field', 'invalid', (context) => [
    `${aProof(context)}, ${aProof(context)}`,
  ]),
  sent('a changed signature', 'invalid', (context) => {
    const proof = aProof(context);
    return [proof.slice(0, -6) + (proof.at(-6) === 'A' ? 'B' : 'A') + proof.slice(-5)];
  }),
  sent('no signature', 'invalid', (context) => [aProof(context).replace(/\.[^.]*$/, '.')]),
  sent('the proof of another key', 'another', (c) => [aProof(c, { key: otherKey })], true),
]);
