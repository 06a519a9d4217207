import type { ServerResponse } from 'node:http';

import { Logger } from '@nestjs/common';

import type { LiveRevocations, RevocationPosition } from '../live-revocations.js';
import { EventStream } from './event-stream.js';
import type { FeedMessage, RevocationFeed } from './revocation-feed.js';

/** Bounds and times of the streams. */
export interface StreamOptions {
  /** Open at once, in all; 2,000 unless told. */
  readonly mostStreams?: number;
  /** Open at once from one network; 200 unless told. */
  readonly mostPerNetwork?: number;
  /** Milliseconds between two signed messages, also when nothing happens; 2,000 unless told. */
  readonly heartbeat?: number;
  /** Milliseconds for which a reader may not read; 10,000 unless told. */
  readonly patience?: number;
}

const defaults = {
  mostStreams: 2_000,
  mostPerNetwork: 200,
  heartbeat: 2_000,
  patience: 10_000,
} as const;

/** Who opens a stream, and where they stand. */
export interface StreamRequest {
  readonly network: string;
  readonly position: RevocationPosition;
}

interface Follower {
  readonly stream: EventStream;
  readonly network: string;
  position: RevocationPosition;
  isBusy: boolean;
}

/**
 * The open streams of the feed. A follower is told at once what it does not know, then every change,
 * and every two seconds that nothing changed. Each holds one message at most: who does not read it
 * within ten seconds is cut off.
 */
export class RevocationStreams {
  private readonly logger = new Logger('Revocations');
  private readonly options: Required<StreamOptions>;
  private readonly followers = new Set<Follower>();
  private readonly byNetwork = new Map<string, number>();
  private readonly unsubscribe: () => void;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(
    private readonly feed: RevocationFeed,
    live: Pick<LiveRevocations, 'onChange'>,
    options: StreamOptions = {},
  ) {
    this.options = { ...defaults, ...options };
    this.unsubscribe = live.onChange(() => this.tellAll(false));
  }

  /** Whether there is room for one more follower from this network. */
  hasRoomFor(network: string): boolean {
    const { mostStreams, mostPerNetwork } = this.options;
    const open = this.byNetwork.get(network) ?? 0;
    return !this.isClosed && this.followers.size < mostStreams && open < mostPerNetwork;
  }

  /** Makes a response a stream; whoever asks has made sure that there is room. */
  open(response: ServerResponse, { network, position }: StreamRequest): void {
    const stream = new EventStream(response, this.options.patience);
    const follower: Follower = { stream, network, position, isBusy: false };
    this.followers.add(follower);
    this.byNetwork.set(network, (this.byNetwork.get(network) ?? 0) + 1);
    stream.onClose(() => this.remove(follower));
    this.timer ??= setInterval(() => this.tellAll(true), this.options.heartbeat).unref();
    void this.tell(follower, true);
  }

  /** How many follow. */
  get size(): number {
    return this.followers.size;
  }

  /** Ends all streams; their clients come back, to another replica or when this one is back. */
  close(): void {
    this.isClosed = true;
    this.unsubscribe();
    clearInterval(this.timer);
    for (const { stream } of this.followers) stream.end();
  }

  private remove(follower: Follower): void {
    const { network } = follower;
    if (!this.followers.delete(follower)) return;
    const open = (this.byNetwork.get(network) ?? 1) - 1;
    if (open > 0) this.byNetwork.set(network, open);
    else this.byNetwork.delete(network);
    if (this.followers.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private tellAll(alsoNothing: boolean): void {
    for (const follower of this.followers) void this.tell(follower, alsoNothing);
  }

  /** Never rejects. One message at a time: what comes meanwhile is told when that one is read. */
  private async tell(follower: Follower, alsoNothing: boolean): Promise<void> {
    if (follower.isBusy) return;
    follower.isBusy = true;
    try {
      let isDue = alsoNothing;
      while (!follower.stream.isClosed && (isDue || this.feed.isBehind(follower.position))) {
        const message = await this.feed.next(follower.position);
        await follower.stream.send(eventOf(message));
        follower.position = message.position;
        isDue = false;
      }
    } catch (error) {
      // Stale, or without a key: the silence tells the follower, who decides what to do about it.
      this.logger.debug(error);
    } finally {
      follower.isBusy = false;
    }
  }
}

function eventOf({ position: { epoch, version }, jws }: FeedMessage): string {
  return `id: ${epoch}:${version}\nevent: revocations\ndata: ${jws}\n\n`;
}
