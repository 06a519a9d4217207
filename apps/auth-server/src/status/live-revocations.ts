import type { Versions } from '@countersign/runtime';
import type { Clock } from '@countersign/token';

import { ServiceUnavailable } from '../registry/service-unavailable.js';
import type { RevocationList } from './revocation-list.js';
import type { RevocationStore, RevokedBy } from './revocation-store.js';
import { Revocations, type RevocableToken } from './revocations.js';

/** Called when there is something new to tell. */
export type RevocationListener = () => void;

/** Where a follower, or this process itself, stands. */
export interface RevocationPosition {
  readonly epoch: string;
  readonly version: number;
}

const itself: RevokedBy = { client: 'auth-server' };

/** Follows the revocations in the database: each change is read once, and alone. */
export class LiveRevocations extends Revocations {
  private at: RevocationPosition = { epoch: '', version: 0 };
  private readonly listeners = new Set<RevocationListener>();

  constructor(
    private readonly store: Pick<RevocationStore, 'read' | 'startOver'>,
    private readonly versions: Versions,
    readonly list: RevocationList,
    private readonly clock: Clock,
  ) {
    super();
  }

  /** Loads what is revoked and follows it; rejects when it cannot be loaded. */
  async start(): Promise<void> {
    await this.versions.watch('revocations', async (version, { isContinuous }) => {
      if (isContinuous) await this.readMore(version);
      else await this.readAll(version);
      for (const listener of this.listeners) listener();
    });
  }

  isRevoked(token: RevocableToken): boolean {
    this.refuseStale();
    return this.list.has(token);
  }

  /** What this process knows. Throws ServiceUnavailable when that may be outdated for 30 s. */
  get position(): RevocationPosition {
    this.refuseStale();
    return this.at;
  }

  /** The time, in seconds since the epoch, of which what is known here is certainly true. */
  get knownAt(): number {
    return this.clock.now() - this.versions.age('revocations') / 1000;
  }

  /** Calls `listener` after each change, until the returned function is called. */
  onChange(listener: RevocationListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private refuseStale(): void {
    if (this.versions.isFresh('revocations')) return;
    throw new ServiceUnavailable('nothing has been heard of revocations for 30 seconds');
  }

  private async readMore(version: number): Promise<void> {
    const { epoch, revocations } = await this.store.read(this.at.version);
    if (epoch !== this.at.epoch) return this.readAll(version);
    for (const revocation of revocations) this.list.add(revocation);
    this.moveTo(epoch, version);
  }

  private async readAll(version: number): Promise<void> {
    const { epoch, revocations } = await this.store.read();
    this.list.replace(revocations);
    const isBehind = epoch === this.at.epoch && version < this.at.version;
    this.at = { epoch, version: 0 };
    this.moveTo(epoch, version);
    // The database is an older one than before: what followers have heard, it may not know.
    if (isBehind) await this.store.startOver(itself);
  }

  /** What was read may be newer than the version that called for it. */
  private moveTo(epoch: string, version: number): void {
    this.at = { epoch, version: Math.max(version, this.at.version, this.list.newest) };
  }
}
