/**
 * Finds keys in a set that somebody else publishes: outages, floods and broken answers of the other
 * side must neither refuse good tokens nor accept bad ones. Knows sources, but no HTTP and no issuer.
 */
import { systemClock } from '../clock.js';
import { AccessError } from '../errors.js';
import { toSeconds } from '../to-seconds.js';
import type { Duration } from '../to-seconds.js';
import type { Algorithm, Clock, Json, KeyQuery, KeyStore, VerificationKey } from '../types.js';
import { answerQuery, shown, unknownKey } from './answer-query.js';
import { importKeySet, keepingKnown } from './import-key-set.js';
import type { DroppedKey, ImportedKeySet } from './import-key-set.js';
import type { ImportOptions } from './import-verification-key.js';
import { KeySourceError } from './key-source.js';
import type { KeySetDocument, KeySource } from './key-source.js';

/** What a reading did to a key set, for logs and metrics: one for each. @publicApi */
export type KeyStoreEvent =
  | {
      readonly kind: 'replaced';
      readonly location: string;
      readonly kids: readonly string[];
      readonly dropped: readonly DroppedKey[];
    }
  | { readonly kind: 'confirmed'; readonly location: string }
  | {
      readonly kind: 'failed';
      readonly location: string;
      readonly error: unknown;
      /** Failures in a row. */
      readonly failures: number;
    };

/** How a key store behaves when it has to ask; every option has its safe default. @publicApi */
export interface KeyStoreOptions {
  /** Shortest time between two refreshes for keys nobody publishes; 30 s unless told. */
  readonly coolDown?: Duration;
  /** How long a set is used, from its reading on, while it cannot be read again; 24 h unless told. */
  readonly staleFor?: Duration;
  /** Told of every reading; what it throws is ignored. */
  readonly onEvent?: (event: KeyStoreEvent) => void;
}

/** What {@link createKeyStore} needs besides its source. @publicApi */
export interface KeyStoreSettings extends KeyStoreOptions {
  readonly algorithms: readonly Algorithm[];
  /** As in {@link ImportOptions}: `['jwt-svid']` for the bundle of a SPIFFE trust domain. */
  readonly uses?: readonly string[];
  readonly clock?: Clock;
}

/** The state of a key store, for health reports. @publicApi */
export interface KeyStoreStatus {
  readonly location: string;
  /** `empty`: nobody can be verified; `stale`: the set should have been read again. */
  readonly state: 'empty' | 'fresh' | 'stale';
  /** Seconds since the set in use was asked for. */
  readonly age: number | undefined;
  readonly kids: readonly string[];
  /** What the last reading dropped. */
  readonly dropped: readonly DroppedKey[];
  /** Failures in a row, and the last of them. */
  readonly failures: number;
  readonly lastError: string | undefined;
}

/** A key store that asks a source. @publicApi */
export interface RemoteKeyStore extends KeyStore {
  /** Reads the set unless a fresh one is there; rejects with KEYS_UNAVAILABLE when none is usable. */
  load(): Promise<void>;
  status(): KeyStoreStatus;
}

/**
 * Makes a key store over a source.
 *
 * A known `kid` in a fresh set is answered at once. An expired set is read again, once for all who
 * wait; while that fails, it serves on until it is `staleFor` old. An unknown `kid` causes at most
 * one reading per `coolDown` and is KEY_UNKNOWN only if the set was asked for no earlier than the
 * token's `iat`; otherwise nobody could decide: KEYS_UNAVAILABLE. A set replaces another only if it
 * holds a usable key. Nothing is remembered of unknown kids: a flood of them takes no memory.
 *
 * @example
 * const store = createKeyStore(jwksSource('https://issuer.example/jwks'), { algorithms: ['ES256'] });
 * @publicApi
 */
export function createKeyStore(source: KeySource, settings: KeyStoreSettings): RemoteKeyStore {
  return new SourcedKeyStore(source, settings);
}

interface HeldSet extends ImportedKeySet {
  readonly published: readonly Json[];
  /** Wall clock, seconds: only to be compared with a token's `iat`. */
  readonly askedAt: number;
  /** Monotonic clock, milliseconds, as all of these. */
  readonly readAt: number;
  readonly freshUntil: number;
  readonly usableUntil: number;
}

const firstBackOff = 1000;
const longestBackOffWithoutKeys = 5000;

class SourcedKeyStore implements RemoteKeyStore {
  readonly #source: KeySource;
  readonly #algorithms: readonly Algorithm[];
  readonly #importing: ImportOptions;
  readonly #clock: Clock;
  readonly #coolDown: number;
  readonly #staleFor: number;
  readonly #onEvent: (event: KeyStoreEvent) => void;
  #held: HeldSet | undefined;
  #flight: Promise<void> | undefined;
  #dropped: readonly DroppedKey[] = [];
  #failures = 0;
  #lastError: unknown;
  #attemptedAt = -Infinity;
  #nextAttempt = -Infinity;
  /** When the last reading left that did not bring the `kid` it was made for. */
  #missedAt = -Infinity;

  constructor(source: KeySource, settings: KeyStoreSettings) {
    this.#source = source;
    this.#algorithms = settings.algorithms;
    this.#importing = settings.uses === undefined ? {} : { uses: settings.uses };
    this.#clock = settings.clock ?? systemClock;
    this.#coolDown = toSeconds(settings.coolDown ?? '30s', 'keys.coolDown') * 1000;
    this.#staleFor = toSeconds(settings.staleFor ?? '24h', 'keys.staleFor') * 1000;
    this.#onEvent = settings.onEvent ?? (() => undefined);
  }

  find(query: KeyQuery): VerificationKey | Promise<VerificationKey> {
    if (query.kid === undefined) throw unknownKey(query, this.#usable()?.keys.keys() ?? []);
    const key = this.#usable()?.keys.get(query.kid);
    // One reading is waited for; after it failed, known keys are served while others try again.
    if (key !== undefined && (this.#isFresh() || this.#failures > 0)) {
      if (!this.#isFresh() && this.#mayAsk()) void this.#refresh();
      return answerQuery(key, query);
    }
    if (!this.#mayAsk()) throw this.#missing(query);
    return this.#refresh().then(() => this.#findAfterRefresh(query, query.kid as string));
  }

  async load(): Promise<void> {
    if (!this.#isFresh() && this.#isDue()) await this.#refresh();
    if (this.#usable() === undefined) throw this.#unavailable(undefined);
  }

  status(): KeyStoreStatus {
    const held = this.#usable();
    const error = this.#lastError;
    return {
      location: this.#source.location,
      state: held === undefined ? 'empty' : this.#isFresh() ? 'fresh' : 'stale',
      age: held === undefined ? undefined : (this.#clock.monotonic() - held.readAt) / 1000,
      kids: [...(held?.keys.keys() ?? [])],
      dropped: this.#dropped,
      failures: this.#failures,
      lastError:
        error instanceof Error ? error.message : error === undefined ? error : String(error),
    };
  }

  #findAfterRefresh(query: KeyQuery, kid: string): VerificationKey {
    const key = this.#usable()?.keys.get(kid);
    if (key !== undefined) return answerQuery(key, query);
    this.#missedAt = this.#attemptedAt;
    throw this.#missing(query);
  }

  #usable(): HeldSet | undefined {
    const held = this.#held;
    return held !== undefined && this.#clock.monotonic() < held.usableUntil ? held : undefined;
  }

  #isFresh(): boolean {
    return this.#held !== undefined && this.#clock.monotonic() < this.#held.freshUntil;
  }

  #isDue(): boolean {
    return this.#flight !== undefined || this.#clock.monotonic() >= this.#nextAttempt;
  }

  /** Whoever sends made-up kids must not make us ask more often than once per cool-down. */
  #mayAsk(): boolean {
    const isCool = this.#clock.monotonic() >= this.#missedAt + this.#coolDown;
    return this.#isDue() && (this.#flight !== undefined || !this.#isFresh() || isCool);
  }

  #refresh(): Promise<void> {
    this.#flight ??= this.#read().finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  async #read(): Promise<void> {
    // Taken before asking: what is published while the answer travels may not be in it.
    const askedAt = this.#clock.now();
    this.#attemptedAt = this.#clock.monotonic();
    try {
      this.#accept(await this.#source.read(), askedAt, this.#attemptedAt);
    } catch (error) {
      this.#lastError = error;
      this.#failures += 1;
      const longest = this.#usable() === undefined ? longestBackOffWithoutKeys : this.#coolDown;
      const backOff = Math.min(firstBackOff * 2 ** (this.#failures - 1), longest);
      this.#nextAttempt = this.#clock.monotonic() + backOff;
      const { location } = this.#source;
      this.#tell({ kind: 'failed', location, error, failures: this.#failures });
    }
  }

  #accept({ keys: published, maxAge }: KeySetDocument, askedAt: number, readAt: number): void {
    const before = this.#held;
    const isUnchanged = before?.published === published;
    const { keys: imported, dropped } = isUnchanged
      ? before
      : importKeySet(published, this.#algorithms, this.#importing);
    const keys = isUnchanged ? imported : keepingKnown(imported, before?.keys);
    this.#dropped = dropped;
    if (keys.size === 0) {
      const faults = [...new Set(dropped.map(({ fault }) => fault))].join(', ');
      throw new KeySourceError(
        `${this.#source.location} holds no usable key (${faults || 'it is empty'})`,
      );
    }
    const freshUntil = readAt + maxAge * 1000;
    const usableUntil = Math.max(readAt + this.#staleFor, freshUntil);
    this.#held = { keys, dropped, published, askedAt, readAt, freshUntil, usableUntil };
    this.#failures = 0;
    this.#lastError = undefined;
    const { location } = this.#source;
    if (isUnchanged) this.#tell({ kind: 'confirmed', location });
    else this.#tell({ kind: 'replaced', location, kids: [...keys.keys()], dropped });
  }

  #missing(query: KeyQuery): AccessError {
    const held = this.#usable();
    return held !== undefined && held.askedAt >= query.issuedAt
      ? unknownKey(query, held.keys.keys())
      : this.#unavailable(query);
  }

  #unavailable(query: KeyQuery | undefined): AccessError {
    const cool = this.#isFresh() ? this.#missedAt + this.#coolDown : -Infinity;
    const wait = Math.max(this.#nextAttempt, cool) - this.#clock.monotonic();
    return new AccessError('KEYS_UNAVAILABLE', {
      detail: {
        check: 'key.source',
        issuer: this.#source.location,
        expected: 'a key set that was read after the token was issued',
        got: shown(query?.kid),
        fix: 'make the key set of the issuer readable from here',
      },
      cause: this.#lastError,
      retryAfter: Math.max(1, Math.ceil(wait / 1000)),
    });
  }

  #tell(event: KeyStoreEvent): void {
    try {
      this.#onEvent(event);
    } catch {
      // An observer must not decide about requests.
    }
  }
}
