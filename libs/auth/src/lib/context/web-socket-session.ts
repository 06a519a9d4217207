/**
 * A connection of WebSockets, from its handshake to its end. Must not know rules, nor the packages that
 * carry it: they are optional.
 */
import type { CanActivate, ExecutionContext } from '@nestjs/common';

import type { HandshakeCall } from './handshake-call.js';
import type { Lasting } from './lasting.js';
import { principalOf, setPrincipal } from './principal.js';

/** What only the platform of a connection can do. @internal */
export interface Connection {
  /** Tells the client of a refusal, in the form of the platform. */
  refuse(client: object, refusal: object): void;
  /** Ends a connection: with a client, once there is one. */
  end(client: object | undefined, code: number, reason: string): void;
}

/** Close codes: of RFC 6455 section 7.4.2 those for private use, and of its registry "try again later". */
const closeCodes: Readonly<Record<number, number>> = { 401: 4401, 403: 4403, 503: 1013 };
const INTERNAL_ERROR = 1011;

/** What refusals have in common, whatever their form. */
interface Refused {
  readonly error?: { readonly status: number; readonly code: string };
  /** What a client is told. */
  readonly refusal?: object;
}

const unknownError = { status: 500, code: 'INTERNAL_ERROR' };

/** One connection: who it is for was decided when it was made. @internal */
export class WebSocketSession implements Lasting {
  /** Whether the handshake proved who it is. */
  isAdmitted = false;
  /** Whether somebody watches the token. */
  isWatched = false;
  /** Set by the first that is for single use. */
  used: Promise<void> | undefined;
  #client: object | undefined;
  #isOver = false;
  readonly #overs: (() => void)[] = [];

  constructor(
    readonly handshake: HandshakeCall,
    readonly guard: CanActivate,
    readonly recheckMs: number,
    private readonly connection: Connection,
  ) {}

  /** Gives the session the client that Nest hands to handlers. */
  attach(client: object): void {
    this.#client = client;
    sessions.set(client, this);
    const principal = principalOf(this.handshake);
    if (principal !== undefined) setPrincipal(client, principal);
  }

  onOver(tell: () => void): void {
    this.isWatched = true;
    if (this.#isOver) return tell();
    this.#overs.push(tell);
  }

  over(): void {
    this.#isOver = true;
    for (const tell of this.#overs.splice(0)) tell();
  }

  /** Answers a refused message. What is wrong with the token is wrong with the whole connection. */
  refuse(client: object, { error }: Refused, answer: object): void {
    this.connection.refuse(client, answer);
    if (this.isWatched && error?.status === 401) this.close(error);
  }

  end(refusal: object): void {
    const { error, refusal: answer } = refusal as Refused;
    if (this.#client !== undefined && answer !== undefined)
      this.connection.refuse(this.#client, answer);
    this.close(error);
  }

  private close({ status, code }: NonNullable<Refused['error']> = unknownError): void {
    this.over();
    this.connection.end(this.#client, closeCodes[status] ?? INTERNAL_ERROR, code);
  }
}

const sessions = new WeakMap<object, WebSocketSession>();

/** The session of the client that an execution context tells of, if an adapter of ours made it. @internal */
export function sessionOf(
  context: Pick<ExecutionContext, 'switchToWs'>,
): WebSocketSession | undefined {
  return sessions.get(context.switchToWs().getClient<object>());
}
