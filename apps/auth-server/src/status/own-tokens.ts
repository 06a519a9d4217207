import {
  AccessError,
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

/** Whose tokens, and by which clock. */
export interface OwnTokensDeps {
  readonly own: TrustedIssuer;
  readonly clock: Clock;
}

/** Reads tokens that this server issued, with the keys that it holds anyway. */
export class OwnTokens {
  constructor(private readonly deps: OwnTokensDeps) {}

  /**
   * The token, if it is an access token of ours that holds now and is not revoked. Undefined for
   * everything else, whatever it is. Rejects (503) when nobody could tell.
   */
  async read(token: string): Promise<OwnToken | undefined> {
    const { own, clock } = this.deps;
    try {
      const { claims, audience, kid, issuedAt, expiresAt } = await verifyJwt(token, {
        issuerOf: ({ iss }) => (iss === own.issuer ? own : undefined),
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
