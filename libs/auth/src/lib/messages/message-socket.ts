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
abstract class MessageSocket extends TcpSocket {
  protected abstract readonly limits: SocketLimits;
  protected abstract readonly reader: FrameReader;
  #deadline: NodeJS.Timeout | undefined;

  constructor(socket: Socket) {
    super(socket);
    socket.on('close', () => clearTimeout(this.#deadline));
  }

  protected override handleData(chunk: Buffer): void {
    for (const message of this.reader.read(chunk)) {
      this.#endDeadline();
      this.socket.emit('message', message);
    }
    this.#watch();
  }

  protected override handleSend(message: unknown, callback?: (error?: unknown) => void): void {
    const text = JSON.stringify(message);
    this.socket.write(`${text.length}#${text}`, 'utf8', callback);
  }

  protected override handleDataError(error: unknown): void {
    super.handleDataError(error, { destroy: true });
  }

  protected get hasTooMuchUnsent(): boolean {
    return this.socket.writableLength > this.limits.maxUnsentBytes;
  }

  /** Reads on when what was sent is on its way; until then nothing is late that waits unread here. */
  protected pauseUntilDrained(): void {
    if (this.socket.isPaused()) return;
    this.socket.pause();
    this.#endDeadline();
    this.socket.once('drain', () => {
      this.socket.resume();
      this.#watch();
    });
  }

  /** Of the whole message, not of a pause in it: a byte now and then must not hold a connection. */
  #watch(): void {
    if (!this.reader.isMidMessage || this.socket.isPaused()) return;
    const expire = () => this.handleDataError(new Error('a message took too long to arrive'));
    this.#deadline ??= setTimeout(expire, this.limits.messageTimeoutMs).unref();
  }

  #endDeadline(): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }
}

/** Makes the socket class of one server, which Nest constructs for each connection. @internal */
export function serverSocket(limits: SocketLimits, parse: Parse): Type<TcpSocket> {
  return class ServerSocket extends MessageSocket {
    protected override readonly limits = limits;
    protected override readonly reader = new FrameReader(limits.maxMessageLength, parse);

    protected override handleSend(message: unknown, callback?: (error?: unknown) => void): void {
      super.handleSend(message, callback);
      // Who does not read answers must not ask for more of them.
      if (this.socket.writableNeedDrain) this.pauseUntilDrained();
      if (this.hasTooMuchUnsent)
        this.handleDataError(new Error('too much was sent that nobody reads'));
    }
  };
}

/**
 * Makes the socket class of one client. It never stops to read: each side would wait for the other.
 * @internal
 */
export function clientSocket(limits: SocketLimits, parse: Parse): Type<TcpSocket> {
  return class ClientSocket extends MessageSocket {
    protected override readonly limits = limits;
    protected override readonly reader = new FrameReader(limits.maxMessageLength, parse);

    protected override handleSend(message: unknown, callback?: (error?: unknown) => void): void {
      if (this.hasTooMuchUnsent) throw new Error('too much waits to be sent: send less at a time');
      super.handleSend(message, callback);
    }
  };
}
