import type { Clock, TrustedIssuer } from '../types.js';

/** How far the clock of an issuer is ahead of ours, at least. @publicApi */
export interface IssuerSkew {
  /** The trust entry. */
  readonly issuer: string;
  /** Whole seconds. */
  readonly secondsAhead: number;
}

/** What a {@link SkewWatch} works with. @publicApi */
export interface SkewWatchOptions {
  readonly clock: Clock;
  /** Told of an issuer that is ahead, once in ten minutes. */
  readonly onSkew?: (skew: IssuerSkew) => void;
}

interface Seen {
  secondsAhead: number;
  /** Monotonic clock, milliseconds. */
  since: number;
  toldAt: number;
  askedAt: number;
}

/** Less is what whole seconds and the way over a network make of clocks that agree. */
const LEAST = 2;
const WINDOW = 600_000;
/** A token from the future costs a signature at most this often. */
const PAUSE = 1_000;
const MOST_ISSUERS = 256;

/**
 * Watches how far issuers are ahead of our clock, by tokens whose signature holds: one that says it was
 * made in the future proves it. Of an issuer that is behind, nothing can be told from tokens that
 * merely came late. Remembers the furthest of the last ten minutes, of 256 issuers at most.
 * @publicApi
 */
export class SkewWatch {
  readonly #seen = new Map<string, Seen>();

  constructor(private readonly options: SkewWatchOptions) {}

  /** Whether a token that is refused because it is not valid yet is worth looking at its signature. */
  isCurious(issuer: TrustedIssuer): boolean {
    const seen = this.#of(issuer.name);
    const now = this.options.clock.monotonic();
    if (seen === undefined || now - seen.askedAt < PAUSE) return false;
    seen.askedAt = now;
    return true;
  }

  /** Tells when a token says it was made, whose signature holds. */
  observe({ name }: TrustedIssuer, issuedAt: number): void {
    const { clock, onSkew } = this.options;
    const secondsAhead = Math.floor(issuedAt - clock.now());
    if (secondsAhead < LEAST) return;
    const seen = this.#of(name);
    if (seen === undefined) return;
    const now = clock.monotonic();
    const isOld = now - seen.since >= WINDOW;
    if (isOld || secondsAhead > seen.secondsAhead) {
      seen.secondsAhead = secondsAhead;
      seen.since = now;
    }
    if (now - seen.toldAt < WINDOW) return;
    seen.toldAt = now;
    onSkew?.({ issuer: name, secondsAhead: seen.secondsAhead });
  }

  /** Of one issuer; undefined where its clock seems to agree with ours. */
  of(issuer: string): IssuerSkew | undefined {
    const seen = this.#seen.get(issuer);
    if (seen === undefined || seen.secondsAhead < LEAST) return undefined;
    const isOld = this.options.clock.monotonic() - seen.since >= WINDOW;
    return isOld ? undefined : { issuer, secondsAhead: seen.secondsAhead };
  }

  /** Every issuer that is ahead. */
  all(): readonly IssuerSkew[] {
    return [...this.#seen.keys()].flatMap((name) => this.of(name) ?? []);
  }

  #of(name: string): Seen | undefined {
    const seen = this.#seen.get(name);
    if (seen !== undefined || this.#seen.size >= MOST_ISSUERS) return seen;
    const fresh = { secondsAhead: 0, since: 0, toldAt: -Infinity, askedAt: -Infinity };
    this.#seen.set(name, fresh);
    return fresh;
  }
}
