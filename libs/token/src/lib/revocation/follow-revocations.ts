/**
 * Keeps a process up to date with the revocations of one issuer. An outage of the feed is no answer:
 * what is known stays known, and grows old.
 */
import { checkOption } from '../check-option.js';
import { systemClock } from '../clock.js';
import { isKeyUrl } from '../keys/is-key-url.js';
import { toSeconds } from '../to-seconds.js';
import type { Duration } from '../to-seconds.js';
import { tokenProfiles } from '../trust/token-profiles.js';
import type { Clock, TrustedIssuer } from '../types.js';
import { verifyJwt } from '../verify/verify-jwt.js';
import { readFeed } from './feed-reader.js';
import type { FeedKind } from './feed-reader.js';
import { RevocationFeedError } from './revocation-feed-error.js';
import { readRevocationMessage } from './revocation-message.js';
import type { RevocationSet } from './revocation-set.js';
import { RevocationState } from './revocation-state.js';

/** What {@link followRevocations} needs. @publicApi */
export interface FollowOptions {
  /** Whose feed: its `iss`, keys and algorithms verify every message. */
  readonly issuer: Pick<TrustedIssuer, 'name' | 'issuer' | 'algorithms' | 'keys'>;
  /** Where the feed is, or how to find out; a finder is asked again while it fails. */
  readonly url: string | (() => Promise<string>);
  readonly set: RevocationSet;
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  /** Seconds that clocks may disagree; 10 unless told. */
  readonly clockTolerance?: number;
  /** Between two questions when the feed does not push; 2 s unless told. */
  readonly pollEvery?: Duration;
  /** For one message to come, where heartbeats come every 2 s; 10 s unless told. */
  readonly patience?: Duration;
  /** Before pushing is tried again after it failed; 60 s unless told. */
  readonly retryPush?: Duration;
  /** Longest pause after failures; 5 s unless told. */
  readonly longestPause?: Duration;
  /** Told of every failure, and of what follows; what it throws is ignored. */
  readonly onEvent?: (event: FollowEvent) => void;
}

/** What happened to a feed, for logs and metrics. @publicApi */
export type FollowEvent =
  | { readonly kind: 'followed'; readonly by: FeedKind; readonly version: number }
  | {
      readonly kind: 'failed';
      readonly error: unknown;
      /** Failures in a row. */
      readonly failures: number;
      /** Milliseconds until it is asked again. */
      readonly pause: number;
    };

/** A feed that is being followed. @publicApi */
export interface RevocationFollower {
  /** Seconds since which a revocation may have been missed; Infinity before the first answer. */
  readonly age: number;
  /** The last version that is known. */
  readonly version: number | undefined;
  /** Ends connections and timers; resolves when nothing is left running. */
  close(): Promise<void>;
}

const maxMessageBytes = 1024 * 1024;
const longestMessageLife = 120;
const firstPause = 250;
const longestReconnect = 1000;

/**
 * Follows a revocation feed: by server-sent events, by polling where they do not get through, with
 * pauses that grow and vary while it fails, from where it stopped.
 *
 * Every message is a JWS of the issuer (`revocations+jwt`) and goes through the one verifier; a
 * message that does not hold, is too large, comes too slowly or leaves a gap ends the connection.
 * Messages that are older than what is known change nothing and prove nothing. Neither timers nor
 * failures keep a process alive or end it.
 *
 * @example
 * const set = createRevocationSet();
 * const follower = followRevocations({ issuer, url: 'https://auth.example/oauth2/revocations', set });
 * @publicApi
 */
export function followRevocations(options: FollowOptions): RevocationFollower {
  const { url } = options;
  checkOption(
    typeof url === 'function' || isKeyUrl(url),
    'revocation.url',
    'be an https URL, or http on a loopback host',
  );
  const follower = new Follower(options);
  return {
    get age() {
      return follower.state.age;
    },
    get version() {
      return follower.state.position?.version;
    },
    close: () => follower.close(),
  };
}

class Follower {
  readonly state: RevocationState;
  readonly #end = new AbortController();
  readonly #clock: Clock;
  readonly #policy: Parameters<typeof verifyJwt>[1];
  readonly #pollEvery: number;
  readonly #patience: number;
  readonly #retryPush: number;
  readonly #longestPause: number;
  readonly #reconnect: number;
  readonly #running: Promise<void>;
  #pushAgainAt = -Infinity;
  #failures = 0;
  #followedBy: FeedKind | undefined;
  #hasMore = false;

  constructor(private readonly options: FollowOptions) {
    this.#clock = options.clock ?? systemClock;
    this.state = new RevocationState(options.set, this.#clock);
    this.#pollEvery = toSeconds(options.pollEvery ?? '2s', 'revocation.pollEvery') * 1000;
    this.#patience = toSeconds(options.patience ?? '10s', 'revocation.patience') * 1000;
    this.#retryPush = toSeconds(options.retryPush ?? '60s', 'revocation.retryPush') * 1000;
    this.#longestPause = toSeconds(options.longestPause ?? '5s', 'revocation.longestPause') * 1000;
    this.#reconnect = Math.min(longestReconnect, this.#longestPause);
    const issuer = feedIssuer(options.issuer);
    this.#policy = {
      issuerOf: ({ iss }) => (iss === issuer.issuer ? issuer : undefined),
      clock: this.#clock,
      clockTolerance: options.clockTolerance ?? 10,
      maxTokenBytes: maxMessageBytes,
    };
    this.#running = this.#run();
  }

  close(): Promise<void> {
    this.#end.abort();
    return this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#end.signal.aborted) await this.#pause(await this.#attempt());
  }

  /** One connection; answers how many milliseconds to wait before the next. */
  async #attempt(): Promise<number> {
    const kind = this.#clock.monotonic() < this.#pushAgainAt ? 'message' : 'events';
    let hasWorked = false;
    try {
      await this.#read(kind, () => (hasWorked = true));
      if (!hasWorked) throw new RevocationFeedError('the feed ended without a message');
      if (this.#hasMore) return 0;
      // A restarted server must not meet all its guards in one moment.
      return vary(this.#followedBy === 'events' ? this.#reconnect : this.#pollEvery);
    } catch (error) {
      if (this.#end.signal.aborted) return 0;
      // Only an answer tells that events do not get through; an outage tells nothing.
      if (kind === 'events' && !hasWorked && error instanceof RevocationFeedError)
        this.#pushAgainAt = this.#clock.monotonic() + this.#retryPush;
      return this.#failed(error);
    }
  }

  async #read(kind: FeedKind, onWorked: () => void): Promise<void> {
    const { url, fetch: ask = fetch } = this.options;
    const found = typeof url === 'string' ? url : await url();
    const { signal } = this.#end;
    const reader = { url: found, fetch: ask, patience: this.#patience, maxBytes: maxMessageBytes };
    const take = async (jws: string, by: FeedKind): Promise<void> => {
      await this.#take(jws, by);
      onWorked();
    };
    await readFeed(reader, kind, this.state.position, take, signal);
  }

  async #take(jws: string, by: FeedKind): Promise<void> {
    const message = readRevocationMessage(await verifyJwt(jws, this.#policy));
    if (this.#end.signal.aborted) return;
    const before = this.state.position;
    this.state.apply(message);
    // Without progress, "more" would have us ask without a pause for ever.
    this.#hasMore = message.more && this.state.position !== before && message.to > message.from;
    if (this.#failures > 0 || this.#followedBy !== by)
      this.#tell({ kind: 'followed', by, version: message.to });
    this.#failures = 0;
    this.#followedBy = by;
  }

  #failed(error: unknown): number {
    this.#failures += 1;
    // The second way of asking is tried without delay; only what fails again has to wait longer.
    const pause = vary(Math.min(firstPause * 2 ** (this.#failures - 1), this.#longestPause));
    this.#tell({ kind: 'failed', error, failures: this.#failures, pause });
    return pause;
  }

  #pause(milliseconds: number): Promise<void> {
    const { signal } = this.#end;
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds).unref();
      signal.addEventListener('abort', done);
    });
  }

  #tell(event: FollowEvent): void {
    try {
      this.options.onEvent?.(event);
    } catch {
      // An observer must not end the following.
    }
  }
}

/** The same issuer and keys, believed for this one kind of message. */
function feedIssuer(issuer: FollowOptions['issuer']): TrustedIssuer {
  return Object.freeze<TrustedIssuer>({
    name: issuer.name,
    kind: 'assertion',
    issuer: issuer.issuer,
    carrier: 'Bearer',
    profile: tokenProfiles.revocations,
    algorithms: issuer.algorithms,
    maxLifetime: longestMessageLife,
    mayAssert: [],
    subjects: [],
    callers: {},
    keys: issuer.keys,
  });
}

/** Guards that lost the feed together must not come back together: half to all of the time. */
function vary(milliseconds: number): number {
  return milliseconds * (0.5 + Math.random() / 2);
}
