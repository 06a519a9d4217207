/**
 * The revocations of one trusted issuer: which feed is followed, what its silence means, and what of
 * that its tokens and keys feel.
 */
import { documentReader } from '../keys/document-reader.js';
import type { ReaderOptions } from '../keys/document-reader.js';
import { isKeyUrl } from '../keys/is-key-url.js';
import { metadataUrl } from '../keys/metadata-reader.js';
import { followRevocations } from '../revocation/follow-revocations.js';
import type { FollowEvent, RevocationFollower } from '../revocation/follow-revocations.js';
import { revocationCheck, withoutRevokedKeys } from '../revocation/revocation-guard.js';
import { RevocationFeedError } from '../revocation/revocation-feed-error.js';
import { createRevocationSet } from '../revocation/revocation-set.js';
import type { RevocationSet } from '../revocation/revocation-set.js';
import type { Clock, JsonObject, KeyStore, RevocationCheck } from '../types.js';
import type { RevocationSettings } from './revocation-settings.js';
import type { TrustEntry } from './trust-entry.js';

/** What happened to the revocations of an issuer, for logs and metrics. @publicApi */
export type RevocationEvent = { readonly issuer: string } & (
  | FollowEvent
  | { readonly kind: 'fresh' }
  | {
      readonly kind: 'stale';
      /** Seconds; Infinity when nothing was ever heard. */
      readonly age: number;
      readonly onStale: 'accept' | 'refuse';
    }
);

/** The state of the revocations of an issuer, for health reports. @publicApi */
export interface RevocationStatus extends Pick<
  RevocationSettings,
  'maxStale' | 'onStale' | 'isExplicit'
> {
  /** `off`: no feed is followed; `never`: nothing was heard yet. */
  readonly state: 'off' | 'never' | 'fresh' | 'stale';
  /** Seconds since which a revocation may have been missed. */
  readonly age: number | undefined;
  readonly version: number | undefined;
  /** Entries held. */
  readonly size: number;
}

/** What the revocations of an issuer need. @internal */
export interface IssuerRevocationDeps {
  readonly reading: ReaderOptions;
  readonly clock: Clock;
  readonly clockTolerance: number;
  readonly onEvent: (event: RevocationEvent) => void;
  /** What is known already; nothing unless given. */
  readonly set?: RevocationSet | undefined;
}

/** @internal */
export class IssuerRevocation {
  readonly check: RevocationCheck;
  /** The issuer's keys without those that are revoked. */
  readonly keys: KeyStore;
  readonly set: RevocationSet;
  #follower: RevocationFollower | undefined;
  #isClosed = false;
  #isStale = false;

  constructor(
    private readonly entry: TrustEntry,
    private readonly settings: RevocationSettings,
    keys: KeyStore,
    private readonly deps: IssuerRevocationDeps,
  ) {
    this.set = deps.set ?? createRevocationSet({ clock: deps.clock });
    this.keys = withoutRevokedKeys(keys, this.set);
    const { check } = revocationCheck(this.set, () => this.#age(), settings);
    this.check = Object.freeze<RevocationCheck>({
      check: (token) => {
        this.follow();
        this.#notice();
        check(token);
      },
    });
  }

  /** Follows the feed, if following was asked for. May be called again. */
  follow(): void {
    if (this.settings.isExplicit) this.#start(this.settings.url ?? this.#finder());
  }

  /** Told of the metadata of the issuer whenever it is read for other reasons. */
  onMetadata(metadata: JsonObject): void {
    if (this.settings.isExplicit || metadata['revocation_feed_endpoint'] === undefined) return;
    this.#start(() => Promise.resolve(this.#endpointOf(metadata)));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#follower?.close();
  }

  status(): RevocationStatus {
    const { maxStale, onStale, isExplicit } = this.settings;
    const age = this.#age();
    const isKnown = Number.isFinite(age);
    return {
      state: this.#follower === undefined ? 'off' : isKnown ? freshness(age, maxStale) : 'never',
      age: isKnown ? age : undefined,
      version: this.#follower?.version,
      size: this.set.size,
      maxStale,
      onStale,
      isExplicit,
    };
  }

  #age(): number {
    return this.#follower?.age ?? Infinity;
  }

  #start(url: string | (() => Promise<string>)): void {
    if (this.#follower !== undefined || this.#isClosed) return;
    const { reading, clock, clockTolerance, onEvent } = this.deps;
    const { name, issuer, algorithms } = this.entry;
    this.#follower = followRevocations({
      issuer: { name, issuer, algorithms, keys: this.keys },
      url,
      set: this.set,
      ...(reading.fetch && { fetch: reading.fetch }),
      clock,
      clockTolerance,
      onEvent: (event) => onEvent({ ...event, issuer: name }),
    });
  }

  #finder(): () => Promise<string> {
    const read = documentReader(metadataUrl(this.entry.issuer), this.deps.reading);
    return async () => this.#endpointOf((await read()).document);
  }

  /** As for keys: what somebody else wrote into the metadata must not send us to another origin. */
  #endpointOf({ issuer, revocation_feed_endpoint: url }: JsonObject): string {
    const { entry } = this;
    if (issuer !== entry.issuer) throw new RevocationFeedError('metadata of another issuer');
    if (!isKeyUrl(url) || new URL(url).origin !== new URL(entry.issuer).origin)
      throw new RevocationFeedError('no revocation_feed_endpoint at the origin of its issuer');
    return url;
  }

  /** Tells of the change only: a request per line would drown the log it is to stand out in. */
  #notice(): void {
    if (this.#follower === undefined) return;
    const { maxStale, onStale } = this.settings;
    const age = this.#age();
    const isStale = freshness(age, maxStale) === 'stale';
    if (isStale === this.#isStale) return;
    this.#isStale = isStale;
    const { name: issuer } = this.entry;
    this.deps.onEvent(
      isStale ? { kind: 'stale', issuer, age, onStale } : { kind: 'fresh', issuer },
    );
  }
}

function freshness(age: number, maxStale: number): 'fresh' | 'stale' {
  return age <= maxStale ? 'fresh' : 'stale';
}
