/**
 * A revocation, as it is stored and told to guards. Times are seconds since the epoch; `client` and
 * `subject` mean every token issued before `before`. After `expiresAt` no such token is alive.
 */
export type Revocation = {
  /** In the order of commits; a later one of the same kind and value takes the place of the former. */
  readonly version: number;
  readonly expiresAt: number;
} & (
  | { readonly kind: 'token'; readonly jti: string }
  | { readonly kind: 'client'; readonly clientId: string; readonly before: number }
  | { readonly kind: 'subject'; readonly subject: string; readonly before: number }
  | { readonly kind: 'key'; readonly kid: string }
);
