import type { SigningKeys } from '@countersign/runtime';
import {
  asymmetricAlgorithms,
  AccessError,
  authorizationServer,
  clientsNamedIn,
  type AsymmetricAlgorithm,
  type JsonObject,
  type TrustedIssuer,
  type VerifiedToken,
} from '@countersign/token';

import type { Revocations } from './revocations.js';

/** What this server knows of its own tokens. */
export interface OwnIssuerDeps {
  readonly issuer: string;
  readonly keys: Pick<SigningKeys, 'keyStore'>;
  readonly revocations: Pick<Revocations, 'isRevoked'>;
  /** Seconds that any token of ours lives at most. */
  readonly longestLifetime: number;
}

/** Provider token of this server's trust in itself, a `TrustedIssuer`. */
export const OWN_ISSUER = Symbol('auth-server:own-issuer');

/**
 * This server's trust in itself, wherever one of its tokens comes back: to the admin API, to be
 * exchanged or to be asked about. Verified with its own key ring and revocations, in memory and
 * without a request. It names no users: none may speak to this server itself.
 */
export function ownIssuer(deps: OwnIssuerDeps): TrustedIssuer {
  const { issuer, keys, revocations, longestLifetime } = deps;
  const algorithms: readonly AsymmetricAlgorithm[] = asymmetricAlgorithms;
  const settings = { name: 'self', algorithms, maxLifetime: longestLifetime } as const;
  const check = (token: VerifiedToken) => {
    if (revocations.isRevoked(revocableToken(token))) refuseRevoked('a token that is not revoked');
  };
  return Object.freeze({
    ...authorizationServer(issuer, { ...settings, revocation: 'off' }),
    keys: keys.keyStore,
    revocation: Object.freeze({ check }),
  });
}

/** Refuses with TOKEN_REVOKED. */
export function refuseRevoked(expected: string): never {
  throw new AccessError('TOKEN_REVOKED', {
    detail: { check: 'revocation', issuer: 'self', expected, fix: 'ask for another token' },
  });
}

function revocableToken({ claims, kid, issuedAt = 0 }: VerifiedToken) {
  const subject = text(claims, 'sub');
  return { jti: text(claims, 'jti'), clients: clientsNamedIn(claims), subject, kid, issuedAt };
}

function text(claims: JsonObject, name: string): string | undefined {
  const value = claims[name];
  return typeof value === 'string' ? value : undefined;
}
