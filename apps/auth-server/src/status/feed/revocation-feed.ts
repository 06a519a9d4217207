/**
 * What guards are told of revocations: signed pages in the order of versions. Knows no connection.
 */
import { signJwt, type Clock, type JsonObject, type Signer } from '@countersign/token';

import type { LiveRevocations, RevocationPosition } from '../live-revocations.js';
import type { Revocation } from '../revocation.js';

/** One signed message of the feed. */
export interface FeedMessage {
  /** Where whoever has read it stands. */
  readonly position: RevocationPosition;
  /** Whether there was nothing new: it only proves how fresh that is. */
  readonly isEmpty: boolean;
  /** A compact JWS, `typ` `revocations+jwt`. */
  readonly jws: string;
}

/** What a feed is made of. */
export interface RevocationFeedDeps {
  readonly live: LiveRevocations;
  readonly signer: () => Signer;
  readonly issuer: string;
  readonly clock: Clock;
}

/** Revocations of one message at most, and characters of them. */
const mostEntries = 1_000;
const mostCharacters = 200_000;

/** Seconds that a message may be believed to be the newest at all. */
const lifetime = 60;

/** Milliseconds for which one signature serves everybody who stands at the same place. */
const signedFor = 1_000;

/** Signed messages kept: followers stand at few places. */
const mostKept = 32;

interface Kept {
  readonly signedAt: number;
  readonly jws: Promise<string>;
}

interface Page extends RevocationPosition {
  readonly from: number;
  readonly more: boolean;
  readonly revocations: readonly Revocation[];
}

/** Makes the messages of the feed, each signed once for all who stand at the same place. */
export class RevocationFeed {
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly deps: RevocationFeedDeps) {}

  /**
   * The next message for a follower. Another epoch than ours, or a version that we never had, starts
   * over from the beginning. Its `iat` is when this process last knew itself up to date: a replica
   * that is cut off from the database cannot make its followers believe that nothing happened.
   *
   * Rejects with ServiceUnavailable when this process is stale, and when it cannot sign.
   */
  async next(follower: RevocationPosition): Promise<FeedMessage> {
    const page = this.pageAfter(follower);
    const { epoch, version, revocations } = page;
    const jws = await this.signed(page);
    return { position: { epoch, version }, isEmpty: revocations.length === 0, jws };
  }

  /** Whether there is more to tell to a follower than that nothing happened. */
  isBehind({ epoch, version }: RevocationPosition): boolean {
    const { position } = this.deps.live;
    return epoch !== position.epoch || version !== position.version;
  }

  private pageAfter(follower: RevocationPosition): Page {
    const { list, position } = this.deps.live;
    const { epoch, version } = position;
    const isKnown = follower.epoch === epoch && follower.version <= version;
    const from = isKnown ? follower.version : 0;
    const revocations = fitting(list.after(from, mostEntries));
    const last = revocations.at(-1)?.version ?? 0;
    const more = last < list.newest && revocations.length > 0;
    return { epoch, from, version: more ? last : version, more, revocations };
  }

  private signed(page: Page): Promise<string> {
    const now = this.deps.clock.monotonic();
    const key = `${page.epoch} ${page.from} ${page.version}`;
    const known = this.kept.get(key);
    if (known && now - known.signedAt < signedFor) return known.jws;
    const jws = this.sign(page);
    this.kept.delete(key);
    this.kept.set(key, { signedAt: now, jws });
    // What failed is not kept: the next one tries again.
    jws.catch(() => this.kept.delete(key));
    this.forgetOldest();
    return jws;
  }

  private forgetOldest(): void {
    for (const key of this.kept.keys()) {
      if (this.kept.size <= mostKept) return;
      this.kept.delete(key);
    }
  }

  private async sign({ epoch, from, version, more, revocations }: Page): Promise<string> {
    const { issuer, live, signer } = this.deps;
    const iat = Math.floor(live.knownAt);
    const entries = revocations.map(entryOf);
    const claims = {
      iss: issuer,
      iat,
      exp: iat + lifetime,
      epoch,
      from,
      to: version,
      more,
      entries,
    };
    return signJwt(signer(), 'revocations+jwt', claims);
  }
}

/** As many as fit: values may be long, and a follower reads messages of bounded size. */
function fitting(revocations: readonly Revocation[]): readonly Revocation[] {
  let characters = 0;
  const end = revocations.findIndex(({ value }) => {
    characters += value.length + 64;
    return characters > mostCharacters;
  });
  return end === -1 ? revocations : revocations.slice(0, end);
}

/** A revocation as guards read it. */
function entryOf(revocation: Revocation): JsonObject {
  const { version: v, kind, value, expiresAt: exp } = revocation;
  switch (kind) {
    case 'token':
      return { v, kind, jti: value, exp };
    case 'key':
      return { v, kind, kid: value, exp };
    case 'client':
      return { v, kind, client_id: value, before: revocation.before, exp };
    case 'subject':
      return { v, kind, sub: value, before: revocation.before, exp };
  }
}
