/** What both adapters have in common. Must not know a platform: which one it is, the application says. */
import type { IncomingMessage } from 'node:http';

import type { INestApplicationContext, WebSocketAdapter } from '@nestjs/common';

import { HandshakeCall } from '../context/handshake-call.js';
import { WebSocketSession, type Connection } from '../context/web-socket-session.js';
import { WebSocketGuarding } from '../guards/web-socket-guarding.js';
import { DropLog, type DropReason } from '../messages/drop-log.js';
import {
  webSocketLimits,
  type WebSocketLimitOptions,
  type WebSocketLimits,
} from './web-socket-limits.js';

/** Options of one gateway, as its decorator got them. */
export type GatewayOptions = Readonly<Record<string, unknown>>;

type Callback = (...args: never[]) => unknown;

/** An adapter of Nest's, whose connections are guarded. */
export abstract class GuardedAdapter implements WebSocketAdapter {
  protected readonly guarding: WebSocketGuarding;
  protected readonly limits: WebSocketLimits;
  private readonly drops = new DropLog();

  constructor(
    app: INestApplicationContext,
    protected readonly base: WebSocketAdapter,
    options: WebSocketLimitOptions,
  ) {
    this.limits = webSocketLimits(options);
    try {
      this.guarding = app.get(WebSocketGuarding, { strict: false });
    } catch (cause) {
      throw new TypeError('the application must import CountersignModule', { cause });
    }
  }

  /** What a client is before Nest hears of it. Ends a connection that no handshake was made for. */
  protected abstract join(client: object, request: unknown): boolean;

  abstract create(port: number, options?: GatewayOptions): unknown;

  bindClientConnect(server: unknown, callback: Callback): void {
    this.base.bindClientConnect(server, (client: object, ...rest: unknown[]) => {
      if (this.join(client, rest[0])) callback(...([client, ...rest] as never[]));
    });
  }

  bindClientDisconnect(client: unknown, callback: Callback): void {
    this.base.bindClientDisconnect?.(client, callback);
  }

  closeClient(client: unknown): void {
    this.base.closeClient?.(client);
  }

  bindMessageHandlers(
    client: unknown,
    handlers: Parameters<WebSocketAdapter['bindMessageHandlers']>[1],
    transform: Parameters<WebSocketAdapter['bindMessageHandlers']>[2],
  ): void {
    this.base.bindMessageHandlers(client, handlers, transform);
  }

  close(server: unknown): unknown {
    return this.base.close(server);
  }

  dispose(): unknown {
    return (this.base as { dispose?(): unknown }).dispose?.();
  }

  set forceCloseConnections(isForced: boolean) {
    (this.base as { forceCloseConnections?: boolean }).forceCloseConnections = isForced;
  }

  protected sessionFor(
    request: IncomingMessage,
    tokens: readonly string[],
    connection: Connection,
  ): WebSocketSession {
    const call = new HandshakeCall(request, tokens);
    return new WebSocketSession(call, this.guarding.guard, this.limits.recheckMs, connection);
  }

  /** Why a request for a connection is not even looked at, while there are so many others. */
  protected reasonAgainst(
    { headers, socket }: IncomingMessage,
    connections: number,
  ): DropReason | undefined {
    const isFull = connections >= this.limits.maxConnections;
    const other = isFull ? 'connection-refused' : undefined;
    const reason = this.isForeign(headers.origin) ? 'origin-forbidden' : other;
    if (reason !== undefined) this.drops.drop(reason);
    // Finds out about clients that vanished without a word; else each would stay a connection.
    else socket.setKeepAlive(true, 60_000);
    return reason;
  }

  private isForeign(origin: string | undefined): boolean {
    const { origins } = this.limits;
    return origins !== 'any' && origin !== undefined && !origins.has(origin);
  }
}

/**
 * The options of a gateway without what the guard depends on.
 * @throws TypeError naming an option that would take the guard's place.
 */
export function checkGatewayOptions(options: GatewayOptions, reserved: readonly string[]): void {
  for (const name of reserved)
    if (name in options) throw new TypeError(`${name} of a gateway must be left to the adapter`);
}
