import type { Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';

import {
  ServerTCP,
  type IncomingEvent,
  type TcpContext,
  type TcpSocket,
} from '@nestjs/microservices';
import { checkOption, refuseUnknownOptions } from '@countersign/token';

import { GATE, MessageGate } from '../context/message-gate.js';
import { MessageCall } from '../context/message-call.js';
import { messageTarget } from '../context/message-target.js';
import { peerCertificate } from '../context/peer-certificate.js';
import { keepMessage, messageUnder } from '../context/received-message.js';
import { DropLog } from './drop-log.js';
import { serverSocket } from './message-socket.js';
import { parseReceived, readPacket, type Packet } from './packet.js';
import { checkWhole, socketLimits, type SocketLimitOptions } from './socket-limits.js';

/** Where a server listens, and what a connection may cost. @publicApi */
export interface CountersignTcpServerOptions extends SocketLimitOptions {
  readonly port: number;
  /** `127.0.0.1` unless told. */
  readonly host?: string;
  /** Serves TLS; with `requestCert` tokens can be bound to the client's certificate. */
  readonly tlsOptions?: TlsOptions;
  /** Most connections at a time; further ones are closed: 1,000 by default. */
  readonly maxConnections?: number;
}

const known: Readonly<Record<keyof CountersignTcpServerOptions, true>> = {
  port: true,
  host: true,
  tlsOptions: true,
  maxConnections: true,
  maxMessageLength: true,
  messageTimeout: true,
  maxUnsentBytes: true,
};

/**
 * Nest's TCP server as the guard needs it: the token beside the data, the bytes that were signed kept,
 * and every limit explicit. A connection that breaks framing, protocol or a limit is closed; handlers
 * see the plain data, and `@Ctx()` is Nest's `TcpContext`.
 *
 * @example
 * app.connectMicroservice({ strategy: new CountersignTcpServer({ port: 4001 }) });
 * @throws TypeError naming the option that is wrong.
 * @publicApi
 */
export class CountersignTcpServer extends ServerTCP {
  /** @internal */
  readonly [GATE] = new MessageGate();
  private readonly drops = new DropLog();

  constructor(options: CountersignTcpServerOptions) {
    refuseUnknownOptions(options, known);
    const { port, host = '127.0.0.1', tlsOptions, maxConnections = 1_000 } = options;
    checkOption(Number.isInteger(port) && port >= 0 && port <= 65_535, 'port', 'be a port');
    checkWhole(maxConnections, 'maxConnections', 1_000_000);
    super({
      port,
      host,
      socketClass: serverSocket(socketLimits(options), parseReceived),
      ...(tlsOptions && { tlsOptions }),
    });
    this.server.maxConnections = maxConnections;
    this.server.on('drop', () => this.drops.drop('connection-refused'));
  }

  override bindHandler(socket: Socket): void {
    // Finds out about clients that vanished without a word; else each would stay a connection.
    socket.setKeepAlive(true, 60_000);
    super.bindHandler(socket);
  }

  override async handleMessage(socket: TcpSocket, frame: unknown): Promise<unknown> {
    let packet: Packet;
    try {
      packet = readPacket(frame);
    } catch {
      this.drops.drop('unreadable');
      return socket.netSocket.destroy();
    }
    const { id, pattern, data, metadata, fields, content } = packet;
    keepMessage(metadata, {
      method: id === undefined ? 'EVENT' : 'REQUEST',
      pattern,
      target: messageTarget(pattern),
      fields,
      content,
      certificate: () => peerCertificate(socket.netSocket),
      gate: this[GATE],
    });
    return super.handleMessage(socket, { id, pattern, data, metadata });
  }

  override async handleEvent(
    pattern: string,
    packet: IncomingEvent,
    context: TcpContext,
  ): Promise<unknown> {
    // Nest would log the pattern of each of them, whoever sends it.
    if (this.getHandlerByPattern(pattern) === null) return this.drops.drop('unknown-event');
    return this.within(context, () => super.handleEvent(pattern, packet, context));
  }

  protected override handleRequest(
    ...[context, produce, respond]: Parameters<ServerTCP['handleRequest']>
  ): ReturnType<ServerTCP['handleRequest']> {
    const handle = () => super.handleRequest(context, produce, respond);
    return this.within(context as TcpContext, handle);
  }

  /** Handlers of both kinds run as part of their message. */
  private within<Result>(context: TcpContext, handle: () => Result): Result {
    const received = messageUnder(context.getMetadata() as object | undefined);
    if (received === undefined) return handle();
    return this[GATE].run(new MessageCall(received, context, undefined), handle);
  }

  protected override handleError(error: unknown): void {
    this.drops.drop('connection-failed', (error as NodeJS.ErrnoException).code);
  }
}
