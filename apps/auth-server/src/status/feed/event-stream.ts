import type { ServerResponse } from 'node:http';

/** Headers that keep proxies from holding back, changing or keeping what they pass on. */
const headers = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
  // When the server ends a stream it is closing, and nothing else shall come this way.
  connection: 'close',
  'x-content-type-options': 'nosniff',
} as const;

/** One response as a stream of server-sent events, of which never more than one waits. */
export class EventStream {
  constructor(
    private readonly response: ServerResponse,
    /** Milliseconds that a reader may take for one event. */
    private readonly patience: number,
  ) {
    response.writeHead(200, headers);
    response.flushHeaders();
    // Of a connection that breaks, `close` says enough.
    response.on('error', () => undefined);
  }

  get isClosed(): boolean {
    return this.response.destroyed || this.response.writableEnded;
  }

  /** Calls `listener` when the connection is gone. */
  onClose(listener: () => void): void {
    this.response.on('close', listener);
  }

  /** Sends an event; resolves when the reader has room for another. Cuts off who does not read. */
  async send(event: string): Promise<void> {
    if (this.isClosed || this.response.write(event)) return;
    await new Promise<void>((resolve) => {
      const cut = setTimeout(() => this.response.destroy(), this.patience).unref();
      const done = () => {
        clearTimeout(cut);
        this.response.off('drain', done).off('close', done);
        resolve();
      };
      this.response.on('drain', done).on('close', done);
    });
  }

  /** Ends the response; who still does not read then is cut off. */
  end(): void {
    if (this.isClosed) return;
    const cut = setTimeout(() => this.response.destroy(), this.patience).unref();
    this.response.on('close', () => clearTimeout(cut)).end();
  }
}
