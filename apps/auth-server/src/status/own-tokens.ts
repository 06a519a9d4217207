import type { SigningKeys } from '@countersign/runtime';
import {
  AccessError,
  authorizationServer,
  verifyJwt,
  type Clock,
  type JsonObject,
  type TrustedIssuer,
} from '@countersign/token';

import { clockTolerance, maxTokenBytes } from '../token/assertions/limits.js';

/** An access token that this server issued and that has not expired. */
export interface OwnToken {
  readonly claims: JsonObject;
  readonly audience: readonly string[];
  readonly jti: string;
  readonly clientId: string;
  readonly subject: string;
  readonly kid: string | undefined;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** Whose tokens, and what verifies them. */
export interface OwnTokensDeps {
  readonly issuer: string;
  readonly keys: SigningKeys;
  readonly clock: Clock;
  /** Seconds that any token lives at most. */
  readonly longestLifetime: number;
}

/** Reads tokens that this server issued, with the keys that it holds anyway. */
export class OwnTokens {
  private readonly issuer: TrustedIssuer;

  constructor(private readonly deps: OwnTokensDeps) {
    const { name, kind, carrier, profile, algorithms, ...bounds } = authorizationServer(
      deps.issuer,
      {
        maxLifetime: deps.longestLifetime,
      },
    );
    const { issuer, maxLifetime, mayAssert, subjects, callers } = bounds;
    this.issuer = Object.freeze({
      name,
      kind,
      issuer,
      carrier,
      profile,
      algorithms,
      maxLifetime,
      mayAssert,
      subjects,
      callers,
      keys: deps.keys.keyStore,
    });
  }

  /**
   * The token, if it is an access token of ours that holds now; whether it is revoked is another
   * question. Undefined for everything else, whatever it is. Rejects (503) when nobody could tell.
   */
  async read(token: string): Promise<OwnToken | undefined> {
    const { issuer, clock } = this.deps;
    let kid: string | undefined;
    try {
      const { claims, audience, issuedAt, expiresAt } = await verifyJwt(token, {
        issuerOf: ({ iss }, header) => {
          kid = typeof header['kid'] === 'string' ? header['kid'] : undefined;
          return iss === issuer ? this.issuer : undefined;
        },
        clock,
        clockTolerance,
        maxTokenBytes,
      });
      // Tolerance is for clocks of others: when a token of ours ends, we know.
      if (issuedAt === undefined || clock.now() >= expiresAt) return undefined;
      const named = { jti: textOf(claims, 'jti'), clientId: textOf(claims, 'client_id') };
      return {
        claims,
        audience,
        ...named,
        subject: textOf(claims, 'sub'),
        kid,
        issuedAt,
        expiresAt,
      };
    } catch (error) {
      if (error instanceof AccessError && error.status < 500) return undefined;
      throw error;
    }
  }
}

/** The profile of access tokens requires these as texts. */
function textOf(claims: JsonObject, name: string): string {
  return claims[name] as string;
}
