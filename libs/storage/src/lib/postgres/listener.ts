import pg from 'pg';

import { checkChannel } from '../check-channel.js';
import type { OnNotify } from '../database.js';

/** Milliseconds before a broken connection is opened again; doubled up to the second. */
const backoff = { first: 100, longest: 5_000 };

/**
 * The one connection that hears notifications, opened when somebody listens first and again
 * whenever it breaks.
 * @internal
 */
export class Listener {
  private readonly channels = new Map<string, Set<OnNotify>>();
  private client: pg.Client | undefined;
  private connecting: Promise<void> | undefined;
  private retry: NodeJS.Timeout | undefined;
  private delay = backoff.first;
  private isClosed = false;

  constructor(private readonly url: string) {}

  /** See `Database.listen`. */
  async listen(channel: string, onNotify: OnNotify): Promise<() => Promise<void>> {
    checkChannel(channel);
    const listeners = this.channels.get(channel) ?? new Set();
    this.channels.set(channel, listeners.add(onNotify));
    await (this.connecting ??= this.connect());
    // Also when the channel has a listener: that one's `listen` may still be on its way.
    if (this.client) await this.subscribe(this.client, channel);
    return async () => {
      if (!listeners.delete(onNotify) || listeners.size > 0) return;
      this.channels.delete(channel);
      await this.client?.query(`unlisten ${channel}`).catch(() => undefined);
    };
  }

  /** Hears nothing any more, and opens nothing again. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.retry);
    await this.connecting;
    const { client } = this;
    this.client = undefined;
    await client?.end().catch(() => undefined);
  }

  /** Never rejects: what fails is tried again later. */
  private async connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.url,
      connectionTimeoutMillis: 5_000,
      query_timeout: 5_000,
      keepAlive: true,
    });
    let isLost = false;
    const onLost = () => {
      if (isLost) return;
      isLost = true;
      this.reconnectLater(client);
    };
    // Emitted for a broken connection, too; without a listener it would end the process.
    client.on('error', onLost);
    client.on('end', onLost);
    client.on('notification', ({ channel, payload }) => this.tell(channel, payload ?? ''));
    try {
      await client.connect();
      for (const channel of this.channels.keys()) await client.query(`listen ${channel}`);
    } catch {
      onLost();
      return;
    }
    if (this.isClosed || isLost) return void client.end().catch(() => undefined);
    this.client = client;
    this.delay = backoff.first;
  }

  private async subscribe(client: pg.Client, channel: string): Promise<void> {
    // A failure breaks the connection off; the next one listens to every channel.
    await client.query(`listen ${channel}`).catch(() => this.reconnectLater(client));
  }

  private reconnectLater(lost: pg.Client): void {
    if (this.client === lost) this.client = undefined;
    lost.end().catch(() => undefined);
    if (this.isClosed) return;
    clearTimeout(this.retry);
    // Spread, so that a server that comes back is not met by all its clients at once.
    const wait = this.delay * (0.5 + Math.random() / 2);
    this.delay = Math.min(this.delay * 2, backoff.longest);
    this.retry = setTimeout(() => void this.reconnect(), wait).unref();
  }

  private async reconnect(): Promise<void> {
    await (this.connecting = this.connect());
    if (!this.client) return;
    for (const channel of this.channels.keys()) this.tell(channel, undefined);
  }

  private tell(channel: string, payload: string | undefined): void {
    for (const onNotify of this.channels.get(channel) ?? []) onNotify(payload);
  }
}
