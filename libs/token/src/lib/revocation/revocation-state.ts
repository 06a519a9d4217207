/**
 * What this process knows of one issuer's revocations, and since when. Takes verified messages in
 * any order, from honest and lagging replicas alike; knows no network.
 */
import type { Clock } from '../types.js';
import { RevocationFeedError } from './revocation-feed-error.js';
import type { RevocationMessage } from './revocation-message.js';
import type { RevocationSet } from './revocation-set.js';

/** Where to go on reading. @internal */
export interface FeedPosition {
  readonly epoch: string;
  readonly version: number;
}

/** Revocations of one issuer, and how old that knowledge is. @internal */
export class RevocationState {
  #position: FeedPosition | undefined;
  /** The newest `iat` that proved completeness: an older message proves nothing new. */
  #provenAt = -Infinity;
  /** The newest `iat` of all: an epoch is left only for one that is not older. */
  #heardAt = -Infinity;
  /** Monotonic clock, milliseconds: when all that is known was true. */
  #asOf = -Infinity;

  constructor(
    readonly set: RevocationSet,
    private readonly clock: Clock,
  ) {}

  /** Undefined before the first message. */
  get position(): FeedPosition | undefined {
    return this.#position;
  }

  /** Seconds since which nothing may have been missed; Infinity before the first complete answer. */
  get age(): number {
    return (this.clock.monotonic() - this.#asOf) / 1000;
  }

  /**
   * Adds what a message says. Within an epoch versions only grow: an older message changes nothing.
   * In another epoch they count anew, and what was revoked before stays so.
   *
   * Refuses with a {@link RevocationFeedError} a message that leaves a gap: ask again from
   * {@link position}.
   */
  apply(message: RevocationMessage): void {
    const { epoch, from, to, entries, issuedAt } = message;
    const isSameEpoch = this.#position?.epoch === epoch;
    if (!isSameEpoch && issuedAt < this.#heardAt) return;
    const version = isSameEpoch ? (this.#position as FeedPosition).version : 0;
    if (to < version) return;
    if (from > version) throw new RevocationFeedError('the feed left a gap between two messages');
    for (const entry of entries) this.set.add(entry);
    this.#position = { epoch, version: to };
    this.#heardAt = Math.max(this.#heardAt, issuedAt);
    if (!message.more) this.#prove(issuedAt);
  }

  /** A message is as old as it says, and the same one twice is no younger the second time. */
  #prove(issuedAt: number): void {
    if (issuedAt <= this.#provenAt) return;
    this.#provenAt = issuedAt;
    const age = Math.max(0, this.clock.now() - issuedAt);
    this.#asOf = Math.max(this.#asOf, this.clock.monotonic() - age * 1000);
  }
}
