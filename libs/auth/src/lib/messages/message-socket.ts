import type { Socket } from 'node:net';

import type { Type } from '@nestjs/common';
import { TcpSocket } from '@nestjs/microservices';

import { FrameReader } from './frame-reader.js';
import type { SocketLimits } from './socket-limits.js';

type Parse = (text: string) => unknown;

/**
 * Nest's framing with every limit explicit. Whoever breaks the framing or a limit loses the
 * connection at once.
 */
class MessageSocket extends TcpSocket {
  readonly #limits: SocketLimits;
  readonly #reader: FrameReader;
  #deadline: NodeJS.Timeout | undefined;

  constructor(socket: Socket, limits: SocketLimits, parse: Parse) {
    super(socket);
    this.#limits = limits;
    this.#reader = new FrameReader(limits.maxMessageLength, parse);
    socket.on('close', () => clearTimeout(this.#deadline));
  }

  protected override handleData(chunk: Buffer): void {
    for (const message of this.#reader.read(chunk)) {
      this.#endDeadline();
      this.socket.emit('message', message);
    }
    // Of the whole message, not of a pause in it: a byte now and then must not hold a connection.
    if (this.#reader.isMidMessage) this.#deadline ??= this.#startDeadline();
  }

  protected override handleSend(message: unknown, callback?: (error?: unknown) => void): void {
    const text = JSON.stringify(message);
    const isFlushed = this.socket.write(`${text.length}#${text}`, 'utf8', callback);
    if (!isFlushed) this.#waitForReader();
    if (this.socket.writableLength > this.#limits.maxUnsentBytes)
      this.handleDataError(new Error('too much was sent that nobody reads'));
  }

  protected override handleDataError(error: unknown): void {
    super.handleDataError(error, { destroy: true });
  }

  /** Who does not read answers must not ask for more of them. */
  #waitForReader(): void {
    if (this.socket.isPaused()) return;
    this.socket.pause();
    this.socket.once('drain', () => this.socket.resume());
  }

  #startDeadline(): NodeJS.Timeout {
    const expire = () => this.handleDataError(new Error('a message took too long to arrive'));
    return setTimeout(expire, this.#limits.messageTimeoutMs).unref();
  }

  #endDeadline(): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }
}

/** Makes the socket class of one server or client, which Nest constructs for each connection. @internal */
export function messageSocket(limits: SocketLimits, parse: Parse): Type<TcpSocket> {
  return class extends MessageSocket {
    constructor(socket: Socket) {
      super(socket, limits, parse);
    }
  };
}
