/**
 * What is revoked, in memory: asked for every token that is exchanged or introspected. Knows no
 * table and no request.
 */

/** What of a token decides whether it is revoked. */
export interface RevocableToken {
  readonly jti: string | undefined;
  readonly clientId: string | undefined;
  readonly subject: string | undefined;
  /** The key that signed it. */
  readonly kid: string | undefined;
  /** Its `iat`, in seconds. */
  readonly issuedAt: number;
}

/** Says whether a token of ours is revoked. */
export abstract class Revocations {
  /** Throws the 503 of the path when this process has not heard of revocations for 30 s. */
  abstract isRevoked(token: RevocableToken): boolean;
}
