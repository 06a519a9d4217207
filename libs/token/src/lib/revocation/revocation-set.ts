import { checkOption } from '../check-option.js';
import { systemClock } from '../clock.js';
import type { Clock, VerifiedToken } from '../types.js';
import { clientsNamedIn } from './clients-named-in.js';
import type { RevocationEntry } from './revocation-entry.js';
import { RevocationFeedError } from './revocation-feed-error.js';

/** What is revoked, as far as this process has heard. @publicApi */
export interface RevocationSet {
  readonly size: number;
  /** Adds an entry; of two about the same, the wider one stays. Throws when the set is full. */
  add(entry: RevocationEntry): void;
  /** By what a token is revoked, if it is. */
  revokedBy(token: Pick<VerifiedToken, 'claims' | 'issuedAt' | 'kid'>): RevokedBy | undefined;
  /** Whether a key may verify nothing any more. */
  hasKey(kid: string | undefined): boolean;
}

/** What revokes a token. @publicApi */
export type RevokedBy = RevocationEntry['kind'];

/** Bounds of {@link createRevocationSet}. @publicApi */
export interface RevocationSetOptions {
  /** Most entries held; 200,000 unless told. */
  readonly max?: number;
  readonly clock?: Clock;
}

/** An entry as it is held. */
interface Held {
  /** Tokens issued before are revoked: Infinity for a token or key of its own. */
  readonly before: number;
  /** Wall clock, seconds. */
  readonly exp: number;
  /** Monotonic clock, milliseconds. */
  readonly forgetAt: number;
}

/** Verifiers may tolerate clocks that differ by a minute: a token can outlive its `exp` by that. */
const grace = 60;
const pruneEvery = 10_000;

/**
 * A bounded set of revocations, asked for every token.
 *
 * Forgets an entry only when it has expired by the wall clock and by the monotonic one: no jump of
 * the clock makes a revoked token good again. When it is full of live entries `add` throws: a set
 * that misses some must not be taken for complete.
 * @publicApi
 */
export function createRevocationSet(options: RevocationSetOptions = {}): RevocationSet {
  const { max = 200_000, clock = systemClock } = options;
  checkOption(Number.isSafeInteger(max) && max >= 1, 'max', 'be a whole number from 1 on');
  return new BoundedRevocationSet(max, clock);
}

class BoundedRevocationSet implements RevocationSet {
  readonly #held: Readonly<Record<RevokedBy, Map<string, Held>>> = {
    token: new Map(),
    client: new Map(),
    subject: new Map(),
    key: new Map(),
  };
  #nextPrune: number;

  constructor(
    private readonly max: number,
    private readonly clock: Clock,
  ) {
    this.#nextPrune = clock.monotonic() + pruneEvery;
  }

  get size(): number {
    return Object.values(this.#held).reduce((sum, { size }) => sum + size, 0);
  }

  add(entry: RevocationEntry): void {
    this.#prune();
    const held = this.#held[entry.kind];
    const name = nameOf(entry);
    const known = held.get(name);
    if (known === undefined && this.size >= this.max)
      throw new RevocationFeedError(`more than ${this.max} revocations that still hold`);
    const before = 'before' in entry ? entry.before : Infinity;
    const life = Math.max(0, entry.exp + grace - this.clock.now());
    held.set(name, {
      before: Math.max(before, known?.before ?? 0),
      exp: Math.max(entry.exp, known?.exp ?? 0),
      forgetAt: Math.max(this.clock.monotonic() + life * 1000, known?.forgetAt ?? 0),
    });
  }

  revokedBy({
    claims,
    issuedAt = -Infinity,
    kid,
  }: Pick<VerifiedToken, 'claims' | 'issuedAt' | 'kid'>): RevokedBy | undefined {
    const { token, client, subject } = this.#held;
    if (this.hasKey(kid)) return 'key';
    if (token.has(String(claims['jti']))) return 'token';
    if (client.size > 0 && clientsNamedIn(claims).some((id) => isBefore(issuedAt, client.get(id))))
      return 'client';
    if (isBefore(issuedAt, subject.get(String(claims['sub'])))) return 'subject';
    return undefined;
  }

  hasKey(kid: string | undefined): boolean {
    return kid !== undefined && this.#held.key.has(kid);
  }

  #prune(): void {
    if (this.clock.monotonic() < this.#nextPrune) return;
    this.#nextPrune = this.clock.monotonic() + pruneEvery;
    for (const held of Object.values(this.#held))
      for (const [name, { exp, forgetAt }] of held)
        if (this.clock.now() >= exp + grace && this.clock.monotonic() >= forgetAt)
          held.delete(name);
  }
}

function nameOf(entry: RevocationEntry): string {
  switch (entry.kind) {
    case 'token':
      return entry.jti;
    case 'client':
      return entry.clientId;
    case 'subject':
      return entry.subject;
    case 'key':
      return entry.kid;
  }
}

function isBefore(issuedAt: number, held: Held | undefined): boolean {
  return held !== undefined && issuedAt < held.before;
}
