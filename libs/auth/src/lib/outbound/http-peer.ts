/** One exchange with another service over HTTP. Must not know tokens, or what an answer means. */
import type { IncomingHttpHeaders } from 'node:http';

import { Pool } from 'undici';

/** The bounds of everything that goes to one service. @internal */
export interface PeerBounds {
  /** Connections at a time. */
  readonly connections: number;
  /** Calls that may wait for a connection. */
  readonly maxQueued: number;
  readonly maxResponseBytes: number;
  /** Milliseconds; the bound of any one step, where a call has no shorter one. */
  readonly timeout: number;
  /** PEM of the only certificate authorities trusted; those of Node unless told. */
  readonly ca?: string | undefined;
}

/** @internal */
export interface PeerRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  readonly signal: AbortSignal;
}

/** A complete answer. @internal */
export interface PeerAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly content: Buffer;
}

/** Too many calls to this service wait already. @internal */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError';
}

/** An answer began and did not end. @internal */
export class BrokenAnswerError extends Error {
  override readonly name = 'BrokenAnswerError';
}

const maxHeaderSize = 16 * 1024;

/** The connections to one origin. @internal */
export class HttpPeer {
  readonly #pool: Pool;

  constructor(
    origin: string,
    private readonly bounds: PeerBounds,
  ) {
    const { connections, timeout, maxResponseBytes, ca } = bounds;
    this.#pool = new Pool(origin, {
      connections,
      pipelining: 1,
      connectTimeout: timeout,
      headersTimeout: timeout,
      bodyTimeout: timeout,
      maxResponseSize: maxResponseBytes,
      maxHeaderSize,
      ...(ca !== undefined && { connect: { ca } }),
    });
  }

  /** Sends and reads the whole answer; follows nothing. Rejects with what undici or the signal says. */
  async send(request: PeerRequest): Promise<PeerAnswer> {
    if (this.#pool.stats.queued >= this.bounds.maxQueued)
      throw new QueueFullError('too many calls wait already');
    const { method, target: path, body, signal } = request;
    const headers = { ...request.headers, 'accept-encoding': 'identity' };
    const answer = await this.#pool.request({ method, path, headers, body: body ?? null, signal });
    try {
      const content = Buffer.from(await answer.body.arrayBuffer());
      return { status: answer.statusCode, headers: answer.headers, content };
    } catch (cause) {
      if (signal.aborted) throw cause;
      throw new BrokenAnswerError('the answer broke off', { cause });
    }
  }

  /** Waits for what is under way, then closes the connections. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}
