import { Logger } from '@nestjs/common';
import type { Clock } from '@countersign/token';
import { withLeader, type Database } from '@countersign/storage';

import type { RevocationList } from './revocation-list.js';
import { grace, type RevocationStore } from './revocation-store.js';

/** What pruning works with. */
export interface RevocationPruningDeps {
  readonly database: Database;
  readonly store: Pick<RevocationStore, 'prune'>;
  readonly list: RevocationList;
  readonly clock: Clock;
}

/** Milliseconds between two looks. */
const every = 60_000;

/** Rows of one statement at most. */
const bite = 1_000;

/** Forgets revocations that no living token needs: in memory everywhere, in the database once. */
export class RevocationPruning {
  private readonly logger = new Logger('Revocations');
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isStopped = false;

  constructor(private readonly deps: RevocationPruningDeps) {}

  /** Looks now and then from now on. */
  start(): void {
    this.timer = setInterval(() => void this.run(), every).unref();
  }

  /** One look. Never rejects: what fails is logged and tried again next time. */
  run(): Promise<void> {
    this.deps.list.prune(this.deps.clock.now() - grace);
    return (this.running ??= this.pruneDatabase().finally(() => {
      this.running = undefined;
    }));
  }

  /** Ends after the statement under way. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.timer);
    await this.running;
  }

  private async pruneDatabase(): Promise<void> {
    const { database, store } = this.deps;
    try {
      await withLeader(database, 'revocation-pruning', async () => {
        let removed = bite;
        while (removed === bite && !this.isStopped) removed = await store.prune(bite);
      });
    } catch (error) {
      this.logger.error(error);
    }
  }
}
