import { randomUUID } from 'node:crypto';

import { toSeconds } from '@countersign/token';
import type { Duration, Json } from '@countersign/token';

import { compactJwt } from './compact-jwt.js';
import type { TestIssuer } from './create-test-issuer.js';
import type { TestKey } from './test-key.js';

/**
 * A token in the making; every method answers a new one, so that a good one can be shared.
 * @publicApi
 */
export interface TokenBuilder {
  /** Whose token: decides type, default claims, key and clock. Mandatory. */
  from(issuer: TestIssuer): TokenBuilder;
  /** `aud`: a string for one, an array for several. */
  to(...audience: readonly string[]): TokenBuilder;
  /** The user: `sub`, and from an authorization server `act` with the client too. */
  onBehalfOf(uri: string): TokenBuilder;
  scopes(...scopes: readonly string[]): TokenBuilder;
  /** The client of an authorization server; `test-client` unless told. */
  caller(clientId: string): TokenBuilder;
  /** Seconds since the epoch; now unless told. */
  issuedAt(seconds: number): TokenBuilder;
  /** `exp - iat`: 5 min from an authorization server, 60 s from a service, unless told. */
  lifetime(duration: Duration): TokenBuilder;
  /** Ended this long ago: beyond any clock tolerance unless told. */
  expired(ago?: Duration): TokenBuilder;
  header(name: string, value: Json): TokenBuilder;
  claim(name: string, value: Json): TokenBuilder;
  withoutHeader(name: string): TokenBuilder;
  withoutClaim(name: string): TokenBuilder;
  /** Another key signs; `alg` and `kid` follow it. */
  signedBy(key: TestKey): TokenBuilder;
  /** Header, claims and key as they would be signed. */
  draft(): TokenDraft;
  sign(): string;
}

/** A token before it is signed. @publicApi */
export interface TokenDraft {
  readonly header: Readonly<Record<string, Json>>;
  readonly claims: Readonly<Record<string, Json>>;
  readonly key: TestKey;
}

interface Wishes {
  readonly issuer?: TestIssuer;
  readonly audience: readonly string[];
  readonly user?: string;
  readonly scopes?: readonly string[];
  readonly caller: string;
  readonly issuedAt?: number;
  readonly lifetime?: number;
  readonly expiredFor?: number;
  readonly key?: TestKey;
  /** `undefined` takes the member away. */
  readonly header: Readonly<Record<string, Json | undefined>>;
  readonly claims: Readonly<Record<string, Json | undefined>>;
}

/**
 * Starts a token that is good unless told otherwise.
 *
 * @example
 * aToken().from(issuer).to('https://census.example/').scopes('users:read').expired().sign()
 * @publicApi
 */
export function aToken(): TokenBuilder {
  return builder({ audience: [], caller: 'test-client', header: {}, claims: {} });
}

function builder(wishes: Wishes): TokenBuilder {
  const also = (more: Partial<Wishes>): TokenBuilder => builder({ ...wishes, ...more });
  const header = (name: string, value: Json | undefined) =>
    also({ header: { ...wishes.header, [name]: value } });
  const claim = (name: string, value: Json | undefined) =>
    also({ claims: { ...wishes.claims, [name]: value } });
  return {
    from: (issuer) => also({ issuer }),
    to: (...audience) => also({ audience }),
    onBehalfOf: (user) => also({ user }),
    scopes: (...scopes) => also({ scopes }),
    caller: (caller) => also({ caller }),
    issuedAt: (issuedAt) => also({ issuedAt }),
    lifetime: (duration) => also({ lifetime: toSeconds(duration) }),
    expired: (ago = '2m') => also({ expiredFor: toSeconds(ago) }),
    header,
    claim,
    withoutHeader: (name) => header(name, undefined),
    withoutClaim: (name) => claim(name, undefined),
    signedBy: (key) => also({ key }),
    draft: () => draft(wishes),
    sign: () => {
      const { header: head, claims, key } = draft(wishes);
      return compactJwt(head, claims, key);
    },
  };
}

function draft(wishes: Wishes): TokenDraft {
  const { issuer } = wishes;
  if (issuer === undefined) throw new Error('aToken() needs from(issuer)');
  const key = wishes.key ?? issuer.key;
  const typ = issuer.kind === 'service-peer' ? 'service+jwt' : 'at+jwt';
  return {
    header: present({ alg: key.algorithm, typ, kid: key.kid, ...wishes.header }),
    claims: present({
      iss: issuer.issuer,
      aud: wishes.audience.length === 1 ? wishes.audience[0] : wishes.audience,
      ...actors(issuer, wishes),
      scope: wishes.scopes?.join(' '),
      ...times(issuer, wishes),
      jti: randomUUID(),
      ...wishes.claims,
    }),
    key,
  };
}

function actors(issuer: TestIssuer, { user, caller }: Wishes): Record<string, Json | undefined> {
  if (issuer.kind === 'service-peer') return { sub: user ?? issuer.issuer };
  const act = user === undefined ? undefined : { sub: caller };
  return { sub: user ?? caller, client_id: caller, act };
}

function times(issuer: TestIssuer, wishes: Wishes): { iat: number; exp: number } {
  const { lifetime = issuer.kind === 'service-peer' ? 60 : 300, expiredFor } = wishes;
  const now = Math.floor(issuer.clock.now());
  const iat = wishes.issuedAt ?? (expiredFor === undefined ? now : now - expiredFor - lifetime);
  return { iat, exp: iat + lifetime };
}

function present(members: Readonly<Record<string, Json | undefined>>): Record<string, Json> {
  const given = Object.entries(members).filter((entry): entry is [string, Json] => {
    return entry[1] !== undefined;
  });
  return Object.fromEntries(given);
}
