import { revocationKey, type Revocation } from './revocation.js';
import type { RevocableToken } from './revocations.js';

/** Everything that is revoked, in memory: found by what tokens say, and read in order of versions. */
export class RevocationList {
  /** In the order of versions: what is replaced moves to the end. */
  private readonly byKey = new Map<string, Revocation>();
  private ordered: readonly Revocation[] | undefined;

  /** Adds a revocation that is newer than all that are there; its like is replaced. */
  add(revocation: Revocation): void {
    const key = revocationKey(revocation);
    this.byKey.delete(key);
    this.byKey.set(key, revocation);
    this.ordered = undefined;
  }

  /** Holds these and nothing else; they come in the order of versions. */
  replace(revocations: readonly Revocation[]): void {
    this.byKey.clear();
    this.ordered = undefined;
    for (const revocation of revocations) this.add(revocation);
  }

  /** The version of the newest one; 0 when there is none. */
  get newest(): number {
    this.ordered ??= [...this.byKey.values()];
    return this.ordered.at(-1)?.version ?? 0;
  }

  /** Whether a token is revoked. */
  has({ jti, clients, subject, kid, issuedAt }: RevocableToken): boolean {
    return (
      this.find('token', jti) !== undefined ||
      this.find('key', kid) !== undefined ||
      clients.some((client) => isBefore(issuedAt, this.find('client', client))) ||
      isBefore(issuedAt, this.find('subject', subject))
    );
  }

  /** Forgets what has expired by now. */
  prune(now: number): void {
    for (const [key, { expiresAt }] of this.byKey) {
      if (expiresAt >= now) continue;
      this.byKey.delete(key);
      this.ordered = undefined;
    }
  }

  /** The revocations after a version, oldest first, `limit` at most. */
  after(version: number, limit: number): readonly Revocation[] {
    this.ordered ??= [...this.byKey.values()];
    const start = firstAfter(this.ordered, version);
    return this.ordered.slice(start, start + limit);
  }

  /** How much is revoked. */
  get size(): number {
    return this.byKey.size;
  }

  private find(kind: Revocation['kind'], value: string | undefined): Revocation | undefined {
    return value === undefined ? undefined : this.byKey.get(revocationKey({ kind, value }));
  }
}

function isBefore(issuedAt: number, revocation: Revocation | undefined): boolean {
  return revocation !== undefined && 'before' in revocation && issuedAt < revocation.before;
}

/** Index of the first revocation with a greater version. */
function firstAfter(ordered: readonly Revocation[], version: number): number {
  let low = 0;
  let high = ordered.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ordered[middle]?.version ?? Infinity) > version) high = middle;
    else low = middle + 1;
  }
  return low;
}
