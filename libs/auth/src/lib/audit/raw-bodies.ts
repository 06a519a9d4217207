/** Learns whether body parsers keep what they read. Must not know routes or requests. */
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

type Register = (...args: unknown[]) => unknown;

/**
 * Whether the application was created with `rawBody: true`, and a body parser registered with it.
 *
 * Nest tells this to nobody but the adapter, when it registers parsers: so it is listened to there.
 * Without an adapter nothing is served, and nothing has to be kept. What this misses the guard does
 * not: content that nobody kept is refused.
 * @internal
 */
@Injectable()
export class RawBodies {
  #isKept = true;

  constructor(host: HttpAdapterHost) {
    host.init$.subscribe(() => this.#listenTo(host.httpAdapter));
  }

  get isKept(): boolean {
    return this.#isKept;
  }

  /** A microservice has no adapter. */
  #listenTo(adapter: object | null): void {
    if (adapter === null) return;
    this.#isKept = false;
    // Both hand `rawBody` to the adapter as their second argument.
    for (const name of ['registerParserMiddleware', 'useBodyParser'] as const) {
      const register = (adapter as Record<string, Register | undefined>)[name];
      if (typeof register !== 'function') continue;
      Object.defineProperty(adapter, name, {
        configurable: true,
        writable: true,
        value: (...args: unknown[]) => {
          if (args[1] === true) this.#isKept = true;
          return register.apply(adapter, args);
        },
      });
    }
  }
}
