/**
 * What is revoked, as whoever decides about a token asks for it. Knows no table and no request.
 */

/** What of a token decides whether it is revoked. */
export interface RevocableToken {
  readonly jti: string | undefined;
  /** The client it was issued to, and whoever acted before it. */
  readonly clients: readonly string[];
  readonly subject: string | undefined;
  /** The key that signed it. */
  readonly kid: string | undefined;
  /** Its `iat`, in seconds. */
  readonly issuedAt: number;
}

/** Says whether a token of ours is revoked. */
export abstract class Revocations {
  /**
   * Whether a token is revoked: by itself, a client in it, its subject or its key. Throws
   * ServiceUnavailable (503) when this process has not heard of revocations for 30 s.
   */
  abstract isRevoked(token: RevocableToken): boolean;
}
