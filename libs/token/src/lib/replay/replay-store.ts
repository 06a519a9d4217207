/** Remembers which single-use tokens were used. Shared by every replica that must agree. @publicApi */
export interface ReplayStore {
  /**
   * Records the use of a token, atomically: true the first time, false for every later one.
   *
   * Throws (or rejects) when it cannot tell: then nobody may be let in.
   *
   * @param issuer Under whom `jti` has its meaning.
   * @param expiresAt Seconds since the epoch: from when on the token is refused anyway.
   */
  use(issuer: string, jti: string, expiresAt: number): boolean | Promise<boolean>;
  /** Rejects when it could not tell now: for health reports, where a store has a way to know. */
  check?(): Promise<void>;
}
