import type { VerifiedToken } from '../types.js';
import { readRevocationEntry } from './revocation-entry.js';
import type { RevocationEntry } from './revocation-entry.js';
import { RevocationFeedError } from './revocation-feed-error.js';

/** What a feed says in one message: everything revoked after version `from`, up to `to`. @internal */
export interface RevocationMessage {
  /** Versions of another epoch count anew: the feed's store was made anew, or restored. */
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
  /** Whether there is more after `to` already. */
  readonly more: boolean;
  readonly entries: readonly RevocationEntry[];
  /** Seconds since the epoch: when this was true. */
  readonly issuedAt: number;
}

const mostEntries = 1000;
const longestEpoch = 128;

/**
 * Reads the claims of a verified message.
 *
 * Refuses with a {@link RevocationFeedError} members of another form, versions that run backwards,
 * and more than 1,000 entries.
 * @internal
 */
export function readRevocationMessage({ claims, issuedAt }: VerifiedToken): RevocationMessage {
  const { epoch, from, to, more, entries } = claims;
  if (typeof epoch !== 'string' || epoch.length > longestEpoch)
    throw new RevocationFeedError('an epoch of another form');
  if (!isVersion(from) || !isVersion(to) || from > to || issuedAt === undefined)
    throw new RevocationFeedError('versions of another form');
  if (typeof more !== 'boolean' || !Array.isArray(entries) || entries.length > mostEntries)
    throw new RevocationFeedError(`no list of at most ${mostEntries} entries`);
  return { epoch, from, to, more, entries: entries.map(readRevocationEntry), issuedAt };
}

function isVersion(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
