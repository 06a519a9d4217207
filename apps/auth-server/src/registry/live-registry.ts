import type { VersionChange, Versions } from '@countersign/runtime';
import type { Database } from '@countersign/storage';
import type { Clock } from '@countersign/token';

import { isClientId } from './documents/documents.js';
import { readChanges, readRegistry } from './read-registry.js';
import { Refreshes } from './refreshes.js';
import { Registry, type Client } from './registry.js';
import { ServiceUnavailable } from './service-unavailable.js';

/** What the request path asks: the newest snapshot of the registry, kept up to date. */
export class LiveRegistry {
  private snapshot: Registry | undefined;
  private readonly refreshes: Refreshes;

  constructor(
    private readonly database: Database,
    private readonly versions: Versions,
    clock: Clock,
  ) {
    this.refreshes = new Refreshes(() => versions.refresh('registry'), clock);
  }

  /** Loads the registry and follows its changes; rejects when it cannot be loaded. */
  async start(): Promise<void> {
    await this.versions.watch('registry', (_version, change) => this.load(change));
  }

  /**
   * The registry as this process knows it. Throws ServiceUnavailable when that may be outdated: for
   * 30 seconds it could not be compared with the database.
   */
  get current(): Registry {
    if (!this.snapshot || !this.versions.isFresh('registry')) {
      throw new ServiceUnavailable('the registry has not been refreshed for 30 seconds');
    }
    return this.snapshot;
  }

  /**
   * The client of exactly this id: at once when the snapshot knows it, otherwise after one look
   * whether the database knows more (see `refreshFor`).
   */
  client(id: string): Client | undefined | Promise<Client | undefined> {
    return this.current.find(id) ?? this.refreshFor(id);
  }

  /**
   * The client of this id after asking the database whether the snapshot is the newest: for an id or
   * a secret that the snapshot does not know. All who ask share one look, ten a second at most; an id
   * that was looked for within the last second is not looked for again. Rejects with
   * ServiceUnavailable when nobody can tell.
   */
  async refreshFor(id: string): Promise<Client | undefined> {
    // Nobody has an id of another form: there is nothing to look for, and nothing to remember.
    if (!isClientId(id)) return this.current.find(id);
    try {
      await this.refreshes.refreshFor(id);
    } catch (cause) {
      throw new ServiceUnavailable('the registry cannot be compared with the database', cause);
    }
    return this.current.find(id);
  }

  private async load({ isContinuous }: VersionChange): Promise<void> {
    const { database, versions, snapshot } = this;
    const changes =
      isContinuous && snapshot
        ? await readChanges(database, versions, snapshot.version)
        : undefined;
    this.snapshot =
      changes && snapshot
        ? snapshot.with(changes)
        : Registry.from(await readRegistry(database, versions));
  }
}
