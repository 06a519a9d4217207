import type { Versions } from '@countersign/runtime';
import type { Database } from '@countersign/storage';
import type { Clock } from '@countersign/token';

import { readRegistry } from './read-registry.js';
import { Registry, type Client } from './registry.js';
import { ServiceUnavailable } from './service-unavailable.js';

/** What the request path asks: the newest snapshot of the registry, kept up to date. */
export class LiveRegistry {
  private snapshot: Registry | undefined;

  constructor(
    private readonly database: Database,
    private readonly versions: Versions,
    readonly clock: Clock,
  ) {}

  /** Loads the registry and follows its changes; rejects when it cannot be loaded. */
  async start(): Promise<void> {
    await this.versions.watch('registry', async () => {
      this.snapshot = Registry.from(await readRegistry(this.database, this.versions));
    });
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
   * a secret that the snapshot does not know. Rejects with ServiceUnavailable when nobody can tell.
   */
  async refreshFor(id: string): Promise<Client | undefined> {
    try {
      await this.versions.refresh('registry');
    } catch (cause) {
      throw new ServiceUnavailable('the registry cannot be compared with the database', cause);
    }
    return this.current.find(id);
  }
}
