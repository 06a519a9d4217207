import type { JsonObject } from '../types.js';

/** What a server said of a token that is active. @publicApi */
export interface IntrospectedToken {
  readonly claims: JsonObject;
  /** Monotonic clock, milliseconds: before the question left. */
  readonly askedAt: number;
}

/** Asks a server what one of its tokens is worth (RFC 7662). @publicApi */
export interface Introspection {
  /** Whether JWTs that name the server as their issuer are asked about, too. */
  readonly readsJwts: boolean;
  /** Seconds that an answer may be used again; 0 for never. */
  readonly maxAge: number;
  /**
   * What the token says, if it is active. Rejects with AccessError TOKEN_INACTIVE, or with
   * INTROSPECTION_UNAVAILABLE when nobody could tell.
   */
  ask(token: string): Promise<IntrospectedToken>;
}
