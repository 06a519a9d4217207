import type { SigningKeys } from '@countersign/runtime';
import {
  AccessError,
  authorizationServer,
  parseScope,
  type Clock,
  type JsonObject,
  type TrustEntry,
  type VerifiedToken,
} from '@countersign/token';

import type { LiveRegistry } from '../registry/live-registry.js';
import type { Revocations } from '../status/revocations.js';

/** What this server knows of its own tokens. */
export interface OwnIssuerDeps {
  readonly issuer: string;
  readonly keys: SigningKeys;
  readonly revocations: Revocations;
  readonly registry: LiveRegistry;
  readonly clock: Clock;
}

/**
 * This server's trust in itself: its tokens are verified with its own key ring, revocations and
 * registry, in memory and without a request. An administrator who was removed a moment ago is none,
 * whatever token is left. Users have nothing to say here, so none may be named.
 */
export function ownIssuer(deps: OwnIssuerDeps): TrustEntry {
  return Object.freeze({
    ...authorizationServer(deps.issuer, { name: 'self', revocation: 'off' }),
    keys: Object.freeze({ from: 'configuration', store: deps.keys.keyStore }),
    revocation: Object.freeze({
      check: (token: VerifiedToken) => {
        if (isRevoked(token, deps.revocations)) refuse('an unrevoked token', 'a revoked one');
        if (!isStillGranted(token, deps)) refuse('a right that is held', 'one that was taken away');
      },
    }),
  } satisfies TrustEntry);
}

function isRevoked(
  { claims, kid, issuedAt = 0 }: VerifiedToken,
  revocations: Revocations,
): boolean {
  return revocations.isRevoked({
    jti: text(claims, 'jti'),
    clientId: text(claims, 'client_id'),
    subject: text(claims, 'sub'),
    kid,
    issuedAt,
  });
}

/** For other audiences a taken right ends with the token; here it could be given back to oneself. */
function isStillGranted({ claims, audience }: VerifiedToken, deps: OwnIssuerDeps): boolean {
  const { issuer, registry, clock } = deps;
  const admin = `${issuer}/admin`;
  // A token for another audience is refused by the rule, by its right name.
  if (!audience.includes(admin)) return true;
  const grant = registry.current.find(text(claims, 'client_id') ?? '')?.grants.get(admin);
  if (!grant || (grant.expiresAt ?? Infinity) <= clock.now()) return false;
  const scopes = parseScope(text(claims, 'scope') ?? '') ?? [];
  return scopes.every((scope) => grant.scopes.includes(scope));
}

function text(claims: JsonObject, name: string): string | undefined {
  const value = claims[name];
  return typeof value === 'string' ? value : undefined;
}

function refuse(expected: string, got: string): never {
  throw new AccessError('TOKEN_REVOKED', {
    detail: { check: 'revocation', issuer: 'self', expected, got, fix: 'ask for another token' },
  });
}
