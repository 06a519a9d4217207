/** Who may connect to which gateways. Must not know the platforms that carry connections. */
import { Inject, Injectable, type OnApplicationBootstrap, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';

import {
  GATEWAY,
  GATEWAY_OPTIONS,
  GATEWAY_PORT,
  RESOLVED_OPTIONS,
  SERVICE_NAME,
} from '../constants.js';
import { HandshakeContext } from '../context/handshake-context.js';
import type { WebSocketSession } from '../context/web-socket-session.js';
import type { ResolvedOptions } from '../countersign.options.js';
import { isDpopOn } from '../dpop.options.js';
import { refusalHeaders } from '../filters/refusal-headers.js';
import { AccessException } from './access.exception.js';
import { CountersignGuard } from './countersign.guard.js';
import { MessageRefusedException } from './message-refused.exception.js';
import { protectClass } from './protect-class.js';
import { webSocketGuard, webSocketRefusedFilter } from './web-socket-guard.js';

/** Where gateways are connected to, in Nest's words. @internal */
export interface GatewayPlace {
  readonly port: number;
  readonly path?: unknown;
  /** With its leading slash. */
  readonly namespace?: unknown;
}

/** How a handshake is answered that was refused over HTTP. @internal */
export interface HandshakeRefusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Guards the gateways of one application, once its adapter is one of ours. @internal */
@Injectable()
export class WebSocketGuarding implements OnApplicationBootstrap {
  private readonly gateways: readonly Type[];
  private readonly served = new Set<Type>();
  private isOpen = false;

  constructor(
    discovery: DiscoveryService,
    readonly guard: CountersignGuard,
    @Inject(SERVICE_NAME) private readonly realm: string,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedOptions, 'dpop' | 'resources'>,
  ) {
    const metatypes = discovery.getProviders().map(({ metatype }) => metatype);
    this.gateways = [...new Set(metatypes)].filter(isGateway);
    for (const gateway of this.gateways)
      protectClass(gateway, webSocketGuard, webSocketRefusedFilter);
  }

  /** Gateways listen before hooks run: the application is open when the boot audit has passed. */
  onApplicationBootstrap(): void {
    this.isOpen = true;
  }

  /** Tells that an adapter of ours serves this place; answers the gateways there. */
  serve(place: GatewayPlace): readonly Type[] {
    const gateways = this.gateways.filter((gateway) => isAt(gateway, place));
    for (const gateway of gateways) this.served.add(gateway);
    return gateways;
  }

  isServed(gateway: Type): boolean {
    return this.served.has(gateway);
  }

  /**
   * Decides whether somebody may connect, by the rule of each class that will see the connection.
   * @throws AccessException, or another error where there is nothing to connect to.
   */
  async admit(session: WebSocketSession, gateways: readonly Type[]): Promise<void> {
    if (!this.isOpen) throw new NotOpenError();
    if (gateways.length === 0) throw new TypeError('no gateway is here');
    session.handshake.session = session;
    for (const gateway of gateways)
      await this.guard.canActivate(new HandshakeContext(session.handshake, gateway));
  }

  /** A refused connection, where that cannot be said over HTTP any more. */
  refusedConnection(error: unknown): Error {
    if (!(error instanceof AccessException))
      return new Error(error instanceof NotOpenError ? 'Not ready' : 'Internal server error');
    const { refusal } = new MessageRefusedException(error.error, error.decision);
    return Object.assign(new Error(refusal.message), { data: refusal });
  }

  /** A refused handshake over HTTP: challenge and problem as for a route. */
  refusalOf(error: unknown): HandshakeRefusal {
    if (error instanceof AccessException) {
      const { dpop, resources } = this.options;
      const headers = refusalHeaders(error.error, {
        realm: this.realm,
        acceptsDpop: isDpopOn(dpop),
        metadata: resources?.byName.get(error.audience ?? '')?.url,
      });
      return { status: error.error.status, headers, body: JSON.stringify(error.getResponse()) };
    }
    return error instanceof NotOpenError
      ? { status: 503, headers: { 'Retry-After': '1' }, body: '' }
      : { status: 500, headers: {}, body: '' };
  }
}

/** The application starts still. */
class NotOpenError extends Error {}

function isGateway(metatype: unknown): metatype is Type {
  return typeof metatype === 'function' && Reflect.hasMetadata(GATEWAY, metatype);
}

function isAt(gateway: Type, { port, path, namespace }: GatewayPlace): boolean {
  const options = (Reflect.getMetadata(GATEWAY_OPTIONS, gateway) ?? {}) as Partial<GatewayPlace>;
  const ownPort = (Reflect.getMetadata(GATEWAY_PORT, gateway) as number | undefined) ?? 0;
  return (
    ownPort === port &&
    options.path === path &&
    withSlash(options.namespace) === withSlash(namespace)
  );
}

/** As Nest writes it; none and an empty one are the same to it. */
function withSlash(namespace: unknown): unknown {
  if (typeof namespace !== 'string') return namespace;
  return namespace === '' ? undefined : namespace.replace(/^\/?/, '/');
}
