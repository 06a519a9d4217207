import type { IncomingMessage } from 'node:http';

import type { HeaderFields, Principal } from '@countersign/token';

import { HttpCall } from './http-call.js';
import type { Lasting } from './lasting.js';
import { setPrincipal } from './principal.js';
import type { WebSocketSession } from './web-socket-session.js';

/** The request that asks for a connection. @internal */
export class HandshakeCall extends HttpCall {
  /** The connection that is asked for. */
  session: WebSocketSession | undefined;

  constructor(
    readonly request: IncomingMessage,
    /** Tokens that stand elsewhere than in a header, for clients that cannot set any. */
    private readonly tokens: readonly string[],
  ) {
    super(request);
  }

  override get credentials(): HeaderFields {
    const { authorization = [], ...others } = super.credentials;
    const bearers = this.tokens.map((token) => `Bearer ${token}`);
    return { ...others, authorization: [...authorization, ...bearers] };
  }

  override get lasting(): Lasting | undefined {
    return this.session?.isWatched === false ? this.session : undefined;
  }

  /** Written here: several connections, each with a token of its own, can come by one request. */
  override admit(principal: Principal | undefined): void {
    if (principal === undefined) return;
    setPrincipal(this, principal);
    if (this.session !== undefined) this.session.isAdmitted = true;
  }

  /** Once, however many gateways the connection is for. */
  override useUp(use: () => Promise<void>): Promise<void> {
    return this.session === undefined ? use() : (this.session.used ??= use());
  }
}
