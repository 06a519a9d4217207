import type { Revocation } from './revocation.js';
import type { RevocableToken } from './revocations.js';

/** What is revoked now, by what tokens say of themselves. */
export class RevocationSet {
  private readonly tokens = new Map<string, number>();
  private readonly clients = new Map<string, Cutoff>();
  private readonly subjects = new Map<string, Cutoff>();
  private readonly keys = new Map<string, number>();

  /** Adds a revocation; one of the same kind and value is replaced. */
  add(revocation: Revocation): void {
    switch (revocation.kind) {
      case 'token':
        return void this.tokens.set(revocation.jti, revocation.expiresAt);
      case 'client':
        return void this.clients.set(revocation.clientId, revocation);
      case 'subject':
        return void this.subjects.set(revocation.subject, revocation);
      case 'key':
        return void this.keys.set(revocation.kid, revocation.expiresAt);
    }
  }

  /** Whether a token is revoked: by itself, its client, its subject or its key. */
  has({ jti, clientId, subject, kid, issuedAt }: RevocableToken): boolean {
    return (
      (jti !== undefined && this.tokens.has(jti)) ||
      (kid !== undefined && this.keys.has(kid)) ||
      isBefore(issuedAt, clientId, this.clients) ||
      isBefore(issuedAt, subject, this.subjects)
    );
  }

  /** Forgets what has expired by now. */
  prune(now: number): void {
    for (const expiries of [this.tokens, this.keys]) {
      for (const [value, expiresAt] of expiries) if (expiresAt < now) expiries.delete(value);
    }
    for (const cutoffs of [this.clients, this.subjects]) {
      for (const [value, { expiresAt }] of cutoffs) if (expiresAt < now) cutoffs.delete(value);
    }
  }

  /** How much is revoked. */
  get size(): number {
    return this.tokens.size + this.clients.size + this.subjects.size + this.keys.size;
  }
}

interface Cutoff {
  readonly before: number;
  readonly expiresAt: number;
}

function isBefore(
  issuedAt: number,
  value: string | undefined,
  cutoffs: ReadonlyMap<string, Cutoff>,
): boolean {
  const cutoff = value === undefined ? undefined : cutoffs.get(value);
  return cutoff !== undefined && issuedAt < cutoff.before;
}
