import type { IncomingMessage } from 'node:http';

import type { INestApplicationContext, Type, WebSocketAdapter } from '@nestjs/common';

import type { Connection, WebSocketSession } from '../context/web-socket-session.js';
import { checkGatewayOptions, GuardedAdapter, type GatewayOptions } from './guarded-adapter.js';
import type { WebSocketLimitOptions } from './web-socket-limits.js';

/** What of a WebSocket of the package `ws` is used here. */
interface WebSocketLike {
  readonly readyState: number;
  send(text: string): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

type Answer = (
  isAllowed: boolean,
  status?: number,
  message?: string,
  headers?: Readonly<Record<string, string>>,
) => void;

/** The subprotocol that is agreed on with clients that can set no header. */
const PROTOCOL = 'countersign';
/** Before a token among the subprotocols that a client offers; it is never agreed on. */
const BEARER = 'countersign.bearer.';

const OPEN = 1;
/** For the other side to close, too. */
const CLOSING_MS = 5_000;

/**
 * Guards the gateways of Nest's `WsAdapter`: a connection is decided by the rule of the gateway's class
 * before it is made (401, 403 or 503 with challenge and problem, as for a route), and every message by
 * the rule of its handler. The token stands in the header that its issuer uses or, for browsers, among the
 * subprotocols: `new WebSocket(url, ['countersign', 'countersign.bearer.' + token])`; never in the URL.
 * A connection is closed with 4401 when its token expires or is revoked, and with 1013 when nobody can
 * tell.
 *
 * @example
 * app.useWebSocketAdapter(new CountersignWsAdapter(app, new WsAdapter(app)));
 * @throws TypeError naming the option that is wrong, or where the application has no guard.
 * @publicApi
 */
export class CountersignWsAdapter extends GuardedAdapter {
  private readonly sessions = new WeakMap<IncomingMessage, WebSocketSession>();
  private readonly sockets = new Set<unknown>();

  constructor(
    app: INestApplicationContext,
    base: WebSocketAdapter,
    options: WebSocketLimitOptions = {},
  ) {
    super(app, base, options);
  }

  override create(port: number, options: GatewayOptions = {}): unknown {
    checkGatewayOptions(options, ['verifyClient', 'handleProtocols', 'maxPayload', 'noServer']);
    const gateways = this.guarding.serve({ port, path: options['path'] });
    return this.base.create(port, {
      ...options,
      maxPayload: this.limits.maxMessageBytes,
      handleProtocols: (offered: ReadonlySet<string>) => offered.has(PROTOCOL) && PROTOCOL,
      verifyClient: ({ req }: { readonly req: IncomingMessage }, answer: Answer) =>
        this.decide(req, gateways, answer),
    });
  }

  protected override join(client: WebSocketLike, request: IncomingMessage): boolean {
    const session = this.sessions.get(request);
    if (session === undefined) client.terminate();
    else session.attach(client);
    return session !== undefined;
  }

  private decide(request: IncomingMessage, gateways: readonly Type[], answer: Answer): void {
    const reason = this.reasonAgainst(request, this.sockets.size);
    if (reason !== undefined) return answer(false, reason === 'origin-forbidden' ? 403 : 503, '');
    const { socket } = request;
    this.sockets.add(socket);
    const session = this.sessionFor(request, offeredTokens(request), connectionOf(request));
    socket.once('close', () => {
      this.sockets.delete(socket);
      session.over();
    });
    this.guarding.admit(session, gateways).then(
      () => {
        this.sessions.set(request, session);
        answer(true);
      },
      (error: unknown) => {
        session.over();
        const { status, body, headers } = this.guarding.refusalOf(error);
        answer(false, status, body, headers);
      },
    );
  }
}

/** RFC 6455 section 11.3.4: one list, however many header fields it is spread over. */
function offeredTokens({ headersDistinct }: IncomingMessage): string[] {
  return (headersDistinct['sec-websocket-protocol'] ?? [])
    .flatMap((value) => value.split(','))
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol.startsWith(BEARER))
    .map((protocol) => protocol.slice(BEARER.length));
}

function connectionOf({ socket }: IncomingMessage): Connection {
  return {
    refuse: (client: WebSocketLike, data) => {
      if (client.readyState === OPEN) client.send(JSON.stringify({ event: 'exception', data }));
    },
    end: (client: WebSocketLike | undefined, code, reason) => {
      client?.close(code, reason);
      const timer = setTimeout(() => socket.destroy(), client === undefined ? 0 : CLOSING_MS);
      timer.unref();
    },
  };
}
