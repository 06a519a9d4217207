import { setTimeout as pause } from 'node:timers/promises';

import type { Clock } from '@countersign/token';

/** Times and bounds of refreshes; tests change them. */
export interface RefreshLimits {
  /** Milliseconds between the starts of two refreshes. */
  readonly apart?: number;
  /** Milliseconds for which an id is not looked for again. */
  readonly rememberFor?: number;
  /** Ids that are remembered at most. */
  readonly mostRemembered?: number;
}

/**
 * Looks for what a snapshot does not know, however many ask and whatever they ask for: everybody who
 * comes before a refresh starts shares it, and refreshes keep a distance. What was not found is
 * remembered briefly, so that the same wrong id or secret costs nothing.
 */
export class Refreshes {
  private readonly apart: number;
  private readonly rememberFor: number;
  private readonly mostRemembered: number;
  /** When an id was looked for; the oldest first. */
  private readonly looked = new Map<string, number>();
  private startedAt = Number.NEGATIVE_INFINITY;
  private next: Promise<void> | undefined;

  constructor(
    private readonly refresh: () => Promise<void>,
    private readonly clock: Clock,
    { apart = 100, rememberFor = 1_000, mostRemembered = 10_000 }: RefreshLimits = {},
  ) {
    this.apart = apart;
    this.rememberFor = rememberFor;
    this.mostRemembered = mostRemembered;
  }

  /**
   * Resolves when everything committed before this call is known, or when this id was looked for a
   * moment ago. Rejects when the refresh fails; that is not remembered.
   */
  async refreshFor(id: string): Promise<void> {
    const now = this.clock.monotonic();
    const lookedAt = this.looked.get(id);
    if (lookedAt !== undefined && now - lookedAt < this.rememberFor) return;
    await (this.next ??= this.start());
    this.remember(id, now);
  }

  private async start(): Promise<void> {
    const wait = this.startedAt + this.apart - this.clock.monotonic();
    // Also without a wait: whoever comes in the same turn of the event loop shares this one.
    await (wait > 0 ? pause(wait) : undefined);
    // Who asks from here on may mean something that this refresh does not see.
    this.next = undefined;
    this.startedAt = this.clock.monotonic();
    await this.refresh();
  }

  private remember(id: string, at: number): void {
    this.looked.delete(id);
    this.looked.set(id, at);
    if (this.looked.size <= this.mostRemembered) return;
    const oldest = this.looked.keys().next();
    if (!oldest.done) this.looked.delete(oldest.value);
  }
}
