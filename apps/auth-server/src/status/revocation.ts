/**
 * A revocation, as it is stored and told to guards. Times are seconds since the epoch; those of a
 * `client` or `subject` mean every token issued before `before`: to that client, about that subject.
 * Who else acts in its chain (`act`) does not count, and a token that was exchanged for another one
 * lives on without it, for no longer than that one would have. Once `expiresAt` is past, no token
 * is alive that it could mean.
 */
export type Revocation = {
  /** In the order of commits; a later one of the same kind and value takes the former's place. */
  readonly version: number;
  readonly expiresAt: number;
  /** A `jti`, a client id, a subject or a `kid`. */
  readonly value: string;
} & (
  | { readonly kind: 'token' | 'key' }
  | { readonly kind: 'client' | 'subject'; readonly before: number }
);

/** What can be revoked. */
export type RevocationKind = Revocation['kind'];

/** Names a revocation among all: one is kept of each kind and value. */
export function revocationKey({ kind, value }: Pick<Revocation, 'kind' | 'value'>): string {
  return `${kind} ${value}`;
}
