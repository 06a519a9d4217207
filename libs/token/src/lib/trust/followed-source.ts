/**
 * One source of trust as it is followed: asked again and again, its last good answer kept, for as
 * long as that may be believed. Knows no issuer and no token.
 */
import { checkOption } from '../check-option.js';
import { AccessError } from '../errors.js';
import type { Clock } from '../types.js';
import type { TrustEntry } from './trust-entry.js';
import type { TrustEvent, TrustSource, TrustSourceStatus } from './trust-source.js';

/** What following a source needs. @internal */
export interface FollowedSourceDeps {
  readonly clock: Clock;
  /** Puts new entries into force; throws where they contradict others, and then changes nothing. */
  readonly enforce: (source: FollowedSource, entries: readonly TrustEntry[]) => void;
  readonly onEvent: (event: TrustEvent) => void;
}

/** @internal */
export class FollowedSource {
  #entries: readonly TrustEntry[] = [];
  /** Monotonic clock, milliseconds: before the question left. */
  #loadedAt: number | undefined;
  #failures = 0;
  #lastError: string | undefined;
  #flight: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(
    readonly source: TrustSource,
    private readonly deps: FollowedSourceDeps,
  ) {
    const { every, maxAge } = source;
    checkOption(every >= 0.01 && every <= 86_400, 'trust.every', 'be 10ms to 24h');
    checkOption(maxAge >= every, 'trust.maxAge', 'be no shorter than every');
  }

  get entries(): readonly TrustEntry[] {
    return this.#entries;
  }

  /** Whether it was ever heard. */
  get isLoaded(): boolean {
    return this.#loadedAt !== undefined;
  }

  /** Whether what was loaded may still be believed; what was never loaded may not. */
  get isBelieved(): boolean {
    return this.#age() <= this.source.maxAge;
  }

  /** Asks once; never rejects. Whoever asks meanwhile waits for the same answer. */
  refresh(): Promise<void> {
    this.#flight ??= this.#load().finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  /** Asks for the first time; rejects if the source is required and cannot tell. */
  async open(): Promise<void> {
    let error: unknown;
    await this.#attempt().catch((failure: unknown) => (error = failure));
    if (this.source.isRequired && this.#loadedAt === undefined)
      throw new TypeError(`trust: ${messageOf(error)}`, { cause: error });
    this.#schedule();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  status(): TrustSourceStatus {
    return {
      location: this.source.location,
      state: this.#state(),
      age: this.isLoaded ? this.#age() : undefined,
      size: this.#entries.length,
      failures: this.#failures,
      lastError: this.#lastError,
    };
  }

  /** Nobody can tell whether this issuer is trusted: 503, and neither yes nor no. */
  unavailable(): AccessError {
    const { location, every } = this.source;
    return new AccessError('TRUST_UNAVAILABLE', {
      retryAfter: Math.max(1, Math.ceil(every)),
      detail: {
        check: 'issuer',
        expected: 'a source of trust that was read',
        got: `${location}: ${this.#lastError ?? 'not read yet'}`,
        fix: 'make the source readable from here, and correct',
      },
    });
  }

  #state(): TrustSourceStatus['state'] {
    if (!this.isLoaded) return 'never';
    if (!this.isBelieved) return 'old';
    return this.#failures > 0 ? 'failing' : 'current';
  }

  #age(): number {
    const { clock } = this.deps;
    return this.#loadedAt === undefined ? Infinity : (clock.monotonic() - this.#loadedAt) / 1000;
  }

  #load(): Promise<void> {
    return this.#attempt().catch(() => undefined);
  }

  async #attempt(): Promise<void> {
    const askedAt = this.deps.clock.monotonic();
    try {
      const entries = await this.source.load();
      if (this.#isClosed) return;
      if (entries !== this.#entries) this.deps.enforce(this, entries);
      this.#entries = entries;
      this.#loadedAt = askedAt;
      this.#recovered();
    } catch (error) {
      this.#failed(error);
      throw error;
    }
  }

  #recovered(): void {
    const had = this.#failures;
    this.#failures = 0;
    this.#lastError = undefined;
    if (had > 0) this.#tell({ kind: 'recovered', location: this.source.location });
  }

  #failed(error: unknown): void {
    this.#failures += 1;
    const message = messageOf(error);
    const isNew = message !== this.#lastError;
    this.#lastError = message;
    const { location } = this.source;
    if (isNew) this.#tell({ kind: 'failed', location, error, failures: this.#failures });
  }

  #schedule(): void {
    if (this.#isClosed) return;
    // Replicas that started together must not ask together: nine to ten tenths of the time.
    const pause = this.source.every * 1000 * (0.9 + Math.random() / 10);
    this.#timer = setTimeout(() => {
      void this.refresh().then(() => this.#schedule());
    }, pause).unref();
  }

  #tell(event: TrustEvent): void {
    try {
      this.deps.onEvent(event);
    } catch {
      // An observer must not decide who is trusted.
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
