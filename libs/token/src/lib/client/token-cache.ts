/**
 * What a source remembers of its tokens and of its server. Must not know how tokens are asked for.
 */
import { RecentMap } from '../cache/recent-map.js';
import { checkOption } from '../check-option.js';
import { systemClock } from '../clock.js';
import type { Clock } from '../types.js';
import { toldAcquisition } from './acquisition-channel.js';
import { Backoff } from './backoff.js';
import { inTurn } from './in-turn.js';
import { TokenAcquisitionError } from './token-acquisition-error.js';
import type { Acquired } from './token-endpoint.js';
import type { OutboundSubject, OutboundToken, TokenRequest, TokenSource } from './token-source.js';

/** What is remembered. @publicApi */
export interface SourceCacheOptions {
  /** Most tokens remembered, and most asked for at a time; 10,000 unless told, 2 to 1,000,000. */
  readonly maxTokens?: number;
  /** Told when a token could not be renewed while the old one is still good. */
  readonly onRenewalFailure?: (error: unknown) => void;
  readonly clock?: Clock;
  /** For tests: chance, from 0 to less than 1. */
  readonly random?: () => number;
}

/** How one kind of source gets and tells apart its tokens. @internal */
export interface Acquisition {
  /** Whom errors speak of. */
  readonly server: string;
  readonly client: string;
  acquire(request: TokenRequest): Promise<Acquired>;
  /** What tells two subjects apart. */
  subjectKey(subject: OutboundSubject): string;
}

interface Remembered {
  readonly token: OutboundToken;
  /** Monotonic clock, milliseconds, as the others. */
  readonly since: number;
  readonly renewAt: number;
  readonly usableUntil: number;
  readonly wasForced: boolean;
}

interface Refusal {
  readonly backoff: Backoff;
  readonly error: TokenAcquisitionError;
}

/** Requests to the server at a time. */
const atOnce = 16;
/** Waiting longer than that for one's turn is as good as no answer, in milliseconds. */
const longestQueue = 3000;
/** A token that was renewed because it was refused is not renewed for that again, in milliseconds. */
const forcedAnew = 10_000;

/**
 * Tokens by audience, scopes and subject. Used from the moment they are given until shortly before
 * they end; renewed behind the back of a call after 40 to 80 % of their life, by chance, so that those
 * who got theirs together do not come back together. Many who need the same token cost one request;
 * a server that fails is left alone for a while, and after that asked by one first.
 * @internal
 */
export class TokenCache implements TokenSource {
  readonly #tokens: RecentMap<Remembered>;
  readonly #refusals: RecentMap<Refusal>;
  readonly #flights = new Map<string, Promise<OutboundToken>>();
  readonly #turns = inTurn(atOnce);
  readonly #server: Backoff;
  readonly #max: number;
  readonly #clock: Clock;
  readonly #random: () => number;
  #lastFailure: TokenAcquisitionError | undefined;
  #probe: Promise<unknown> | undefined;

  constructor(
    private readonly acquisition: Acquisition,
    private readonly options: SourceCacheOptions,
  ) {
    const { maxTokens = 10_000, clock = systemClock, random = Math.random } = options;
    checkOption(
      Number.isSafeInteger(maxTokens) && maxTokens >= 2 && maxTokens <= 1_000_000,
      'maxTokens',
      'be a whole number from 2 to 1,000,000',
    );
    this.#max = maxTokens;
    this.#clock = clock;
    this.#random = random;
    this.#tokens = new RecentMap(maxTokens);
    this.#refusals = new RecentMap(maxTokens);
    this.#server = new Backoff(clock, random);
  }

  token(request: TokenRequest): OutboundToken | Promise<OutboundToken> {
    const key = this.#keyOf(request);
    const known = this.#tokens.get(key);
    const now = this.#clock.monotonic();
    if (known === undefined || now >= known.usableUntil) return this.#fetch(key, request);
    if (isRefused(known, request, now)) return this.#fetch(key, request);
    if (now >= known.renewAt) this.#renew(key, request);
    return known.token;
  }

  #keyOf({ audience, scopes, subject }: TokenRequest): string {
    const who = subject === undefined ? null : this.acquisition.subjectKey(subject);
    return JSON.stringify([audience, who, scopes]);
  }

  /** The old token serves until this is done, and longer if it cannot be done. */
  #renew(key: string, request: TokenRequest): void {
    const refused = this.#refusals.get(key)?.backoff.pause ?? 0;
    if (this.#flights.has(key) || this.#server.pause > 0 || refused > 0) return;
    this.#fetch(key, request).catch((error: unknown) => this.options.onRenewalFailure?.(error));
  }

  #fetch(key: string, request: TokenRequest): Promise<OutboundToken> {
    const underWay = this.#flights.get(key);
    if (underWay !== undefined) return underWay;
    if (this.#flights.size >= this.#max)
      return Promise.reject(this.#unavailable(request, 'too many tokens are being asked for'));
    const flight = this.#askInTurn(key, request).finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }

  async #askInTurn(key: string, request: TokenRequest): Promise<OutboundToken> {
    const refusal = this.#refusals.get(key);
    if (refusal !== undefined && refusal.backoff.pause > 0) throw refusal.error;
    while (this.#server.hasFailed) {
      this.#leaveAlone(request);
      if (this.#probe === undefined) return this.#askFirst(key, request);
      await this.#probe;
    }
    const since = this.#clock.monotonic();
    return this.#turns(async () => {
      this.#leaveAlone(request);
      if (this.#clock.monotonic() - since > longestQueue)
        throw this.#unavailable(request, 'too many tokens are being asked for');
      return this.#ask(key, request);
    });
  }

  /** After a failure one asks, and the others see what comes of it. */
  #askFirst(key: string, request: TokenRequest): Promise<OutboundToken> {
    const asked = this.#ask(key, request);
    this.#probe = asked.then(ignore, ignore).finally(() => {
      this.#probe = undefined;
    });
    return asked;
  }

  #leaveAlone(request: TokenRequest): void {
    const { pause } = this.#server;
    if (pause === 0) return;
    const cause = this.#lastFailure;
    throw this.#unavailable(request, 'it failed a moment ago', {
      retryAfter: Math.ceil(pause / 1000),
      cause,
    });
  }

  async #ask(key: string, request: TokenRequest): Promise<OutboundToken> {
    const since = this.#clock.monotonic();
    try {
      const acquired = await toldAcquisition(this.acquisition, () =>
        this.acquisition.acquire(request),
      );
      this.#server.succeed();
      this.#refusals.delete(key);
      this.#tokens.set(key, this.#remembered(acquired, since, request));
      return acquired.token;
    } catch (error) {
      if (error instanceof TokenAcquisitionError) this.#note(key, error);
      throw error;
    }
  }

  #remembered({ token, lifetime, isFinal }: Acquired, since: number, request: TokenRequest) {
    const life = lifetime * 1000;
    return {
      token,
      since,
      renewAt: isFinal === true ? Infinity : since + life * (0.8 - 0.4 * this.#random()),
      // The other side's clock may be ahead, and the call takes its time.
      usableUntil: since + life - Math.min(10_000, life / 10),
      wasForced: request.refused !== undefined,
    };
  }

  /** A refusal is about one token; anything else, and a client that is refused, about all. */
  #note(key: string, error: TokenAcquisitionError): void {
    if (error.reason !== 'refused' || error.error === 'invalid_client') {
      this.#lastFailure = error;
      return this.#server.fail(error.retryAfter);
    }
    this.#server.succeed();
    const backoff = this.#refusals.get(key)?.backoff ?? new Backoff(this.#clock, this.#random);
    backoff.fail();
    this.#refusals.set(key, { backoff, error });
  }

  #unavailable(
    request: TokenRequest,
    detail: string,
    more: { retryAfter?: number; cause?: unknown } = {},
  ): TokenAcquisitionError {
    const { server, client } = this.acquisition;
    const reason = 'unavailable';
    return new TokenAcquisitionError({ server, client, request, reason, detail, ...more });
  }
}

function isRefused(known: Remembered, { refused }: TokenRequest, now: number): boolean {
  if (refused === undefined || refused !== known.token.token) return false;
  return !known.wasForced || now - known.since >= forcedAnew;
}

function ignore(): void {}
