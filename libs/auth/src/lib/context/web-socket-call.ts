/** A message over a WebSocket. Must not know tokens, rules or how a refusal is answered. */
import type { ExecutionContext } from '@nestjs/common';
import type { HeaderFields, Principal } from '@countersign/token';

import { Call, type Route } from './call.js';
import type { Lasting } from './lasting.js';
import { setPrincipal } from './principal.js';
import type { WebSocketSession } from './web-socket-session.js';

const none: readonly string[] = Object.freeze([]);
const noParams: Readonly<Record<string, string>> = Object.freeze({});
const admitted = new WeakSet<object>();

/** Whether the guard let this message to this handler: both are one context. @internal */
export const isAdmittedTo = (context: ExecutionContext): boolean => admitted.has(context);

/** One message, said for by the token of the handshake. @internal */
export class WebSocketCall extends Call {
  override readonly method = 'MESSAGE';
  override readonly content = undefined;
  override readonly holder: object;
  override readonly data: unknown;
  override readonly path: string;

  constructor(
    readonly session: WebSocketSession,
    context: ExecutionContext,
  ) {
    super();
    const message = context.switchToWs();
    this.holder = message.getClient<object>();
    this.data = message.getData<unknown>();
    this.path = String(message.getPattern());
  }

  override get target(): string {
    return this.session.handshake.target;
  }

  override get params(): Readonly<Record<string, string>> {
    return noParams;
  }

  override get headers(): HeaderFields {
    return this.session.handshake.headers;
  }

  override get credentials(): HeaderFields {
    return this.session.handshake.credentials;
  }

  override get proofs(): readonly string[] {
    return none;
  }

  override get certificate(): Uint8Array | undefined {
    return this.session.handshake.certificate;
  }

  override get isProven(): boolean {
    return this.session.isAdmitted;
  }

  override get lasting(): Lasting | undefined {
    return this.session.isWatched ? undefined : this.session;
  }

  override baseUrl(): undefined {
    return undefined;
  }

  override admit(principal: Principal | undefined, route: Route): void {
    setPrincipal(this.holder, principal);
    admitted.add(route);
  }

  override useUp(use: () => Promise<void>): Promise<void> {
    return (this.session.used ??= use());
  }
}
