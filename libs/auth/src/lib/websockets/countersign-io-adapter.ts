import type { IncomingMessage } from 'node:http';

import type { INestApplicationContext, Type, WebSocketAdapter } from '@nestjs/common';

import type { Connection, WebSocketSession } from '../context/web-socket-session.js';
import { checkGatewayOptions, GuardedAdapter, type GatewayOptions } from './guarded-adapter.js';
import type { WebSocketLimitOptions } from './web-socket-limits.js';

/** What of a socket of socket.io is used here. */
interface IoSocket {
  readonly request: IncomingMessage;
  readonly handshake: { readonly auth?: Readonly<Record<string, unknown>> };
  readonly conn: { once(event: 'close', tell: () => void): void };
  once(event: 'disconnect', tell: () => void): void;
  emit(event: 'exception', data: object): void;
  disconnect(close: true): void;
}

type Next = (error?: Error) => void;

/** A server of socket.io, or one of its namespaces. */
interface IoNamespace {
  use(middleware: (socket: IoSocket, next: Next) => void): void;
  readonly engine?: { readonly clientsCount: number };
}

/** How long somebody may be connected without asking for a namespace. */
const CONNECT_MS = 10_000;

/**
 * Guards the gateways of Nest's `IoAdapter`, or of one that extends it: whoever asks for a namespace is
 * decided by the rule of the gateway's class before `handleConnection` (`connect_error`, whose `data` has
 * code and decision id), and every message by the rule of its handler. The token stands in the header that
 * its issuer uses or, for browsers, in the payload: `io(url, { auth: { token } })`; never in the URL. A
 * client is told by `exception` and disconnected when its token expires or is revoked, or nobody can tell.
 *
 * @example
 * app.useWebSocketAdapter(new CountersignIoAdapter(app, new IoAdapter(app)));
 * @throws TypeError naming the option that is wrong, or where the application has no guard.
 * @publicApi
 */
export class CountersignIoAdapter extends GuardedAdapter {
  private readonly sessions = new WeakMap<object, WebSocketSession>();

  constructor(
    app: INestApplicationContext,
    base: WebSocketAdapter,
    options: WebSocketLimitOptions = {},
  ) {
    super(app, base, options);
  }

  override create(port: number, options: GatewayOptions = {}): unknown {
    const { path, namespace } = options;
    const gateways = this.guarding.serve({ port, path, namespace });
    const server =
      namespace === undefined ? this.createServer(port, options) : this.base.create(port, options);
    (server as IoNamespace).use((socket, next) => this.decide(socket, gateways, next));
    return server;
  }

  private createServer(port: number, options: GatewayOptions): unknown {
    checkGatewayOptions(options, ['allowRequest', 'maxHttpBufferSize', 'connectTimeout']);
    const recovery = options['connectionStateRecovery'] as object | undefined;
    const server: IoNamespace = this.base.create(port, {
      ...options,
      // What a client missed is for whom its token says it is, then as before.
      ...(recovery && { connectionStateRecovery: { ...recovery, skipMiddlewares: false } }),
      maxHttpBufferSize: this.limits.maxMessageBytes,
      connectTimeout: CONNECT_MS,
      allowRequest: (
        request: IncomingMessage,
        answer: (reason: string, isAllowed: boolean) => void,
      ) => {
        const reason = this.reasonAgainst(request, server.engine?.clientsCount ?? 0);
        answer(reason ?? '', reason === undefined);
      },
    }) as IoNamespace;
    return server;
  }

  protected override join(client: IoSocket): boolean {
    const session = this.sessions.get(client);
    if (session === undefined) client.disconnect(true);
    return session !== undefined;
  }

  private decide(socket: IoSocket, gateways: readonly Type[], next: Next): void {
    const session = this.sessionFor(socket.request, payloadTokens(socket), connection);
    socket.conn.once('close', () => session.over());
    socket.once('disconnect', () => session.over());
    this.guarding.admit(session, gateways).then(
      () => {
        session.attach(socket);
        this.sessions.set(socket, session);
        next();
      },
      (error: unknown) => {
        session.over();
        next(this.guarding.refusedConnection(error));
      },
    );
  }
}

/** A token that is no text breaks the grammar of credentials, rather than not being there. */
function payloadTokens({ handshake: { auth = {} } }: IoSocket): string[] {
  const { token } = auth;
  if (token === undefined) return [];
  return [typeof token === 'string' ? token : ''];
}

const connection: Connection = {
  refuse: (client: IoSocket, data) => client.emit('exception', data),
  end: (client: IoSocket | undefined) => client?.disconnect(true),
};
