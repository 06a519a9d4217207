import type { ApplyVersion } from './versions.js';

/** A topic's row as a poll saw it. @internal */
export interface SeenVersion {
  readonly version: number;
  /** Changes with every write of the row, also with one that repeats a version. */
  readonly stamp: string;
  /** Changes when the table is made anew, as a restore does. */
  readonly table: string;
}

/** What a poll saw, and when it asked. @internal */
export interface Sighting {
  readonly seen: SeenVersion;
  readonly asked: Asked;
}

/** When the question was asked, not when the answer came. @internal */
export interface Asked {
  /** Counts the questions of this process. */
  readonly turn: number;
  /** Milliseconds, monotonic. */
  readonly at: number;
}

/**
 * What one process knows of one topic: what it has applied, and since when that may be outdated.
 * @internal
 */
export class WatchedTopic {
  private applied: SeenVersion | undefined;
  private confirmed: Asked = { turn: 0, at: Number.NEGATIVE_INFINITY };
  private latest = 0;
  private wanted: Sighting | undefined;
  private running: Promise<void> | undefined;
  private isBroken = false;

  constructor(private readonly apply: ApplyVersion) {}

  /** The last question after whose answer this process knew all there was. */
  get upToDate(): Asked {
    return this.confirmed;
  }

  /** From now on nothing is known of what happened in between: the next apply starts anew. */
  breakOff(): void {
    this.isBroken = true;
  }

  /** Applies what a poll saw, if it is new. Rejects as `apply` does; the next sighting retries. */
  observe(sighting: Sighting): Promise<void> {
    // An answer that was overtaken would look like a database that went backwards.
    if (sighting.asked.turn < this.latest) return this.running ?? Promise.resolve();
    this.latest = sighting.asked.turn;
    if (!this.running && !this.isBroken && isSame(this.applied, sighting.seen)) {
      this.confirmed = sighting.asked;
      return Promise.resolve();
    }
    this.wanted = sighting;
    this.running ??= this.run().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async run(): Promise<void> {
    for (let next = this.take(); next; next = this.take()) {
      const { seen, asked } = next;
      if (this.isBroken || !isSame(this.applied, seen)) await this.applyOne(seen);
      this.confirmed = asked;
    }
  }

  private async applyOne(seen: SeenVersion): Promise<void> {
    const isContinuous = !this.isBroken && continues(this.applied, seen);
    this.isBroken = false;
    try {
      await this.apply(seen.version, { isContinuous });
    } catch (error) {
      // What has to start anew still has to after a failure.
      this.isBroken ||= !isContinuous;
      throw error;
    }
    this.applied = seen;
  }

  /** Resolves when nothing is being applied, whether that went well or not. */
  async settled(): Promise<void> {
    await this.running?.catch(() => undefined);
  }

  private take(): Sighting | undefined {
    const next = this.wanted;
    this.wanted = undefined;
    return next;
  }
}

function isSame(applied: SeenVersion | undefined, seen: SeenVersion): boolean {
  return (
    applied?.version === seen.version &&
    applied.stamp === seen.stamp &&
    applied.table === seen.table
  );
}

/** Whether `seen` can have come from `applied` by changes alone, none of them taken back. */
function continues(applied: SeenVersion | undefined, seen: SeenVersion): boolean {
  return applied?.table === seen.table && seen.version > applied.version;
}
