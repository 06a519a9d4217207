/**
 * The access map of one service, as one JSON value: whom it believes, what its routes demand, and whom
 * it calls. Holds neither keys nor secrets, so it can be kept beside the code and shown to everybody
 * who may see the code.
 */
import type { Relaxation } from '../trust/foreign/dialect.js';
import type { Algorithm, Binding, IssuerCarrier, TrustedIssuer } from '../types.js';
import type { AccessRule } from './access-rule.js';
import type { TokenOrigin } from '../client/token-source.js';

/** Everything that is declared of who may call a service, and whom it calls. @publicApi */
export interface AccessMapDocument {
  readonly version: 1;
  /** The service's own name. */
  readonly service: string;
  /** What stands for its `/` outside, where it says. */
  readonly publicUrl?: string;
  /** Name in rules -> URI in tokens. */
  readonly audiences: Readonly<Record<string, string>>;
  readonly trust: readonly MappedIssuer[];
  /** Where it reads of more issuers while it runs: these are not in the map unless it runs. */
  readonly trustSources: readonly string[];
  readonly calls: readonly DeclaredCall[];
  readonly routes: readonly MappedRoute[];
}

/** Whom a service believes, and how far: a trust entry without its keys. @publicApi */
export interface MappedIssuer {
  readonly name: string;
  readonly kind: TrustedIssuer['kind'];
  readonly issuer: string;
  readonly carrier: IssuerCarrier;
  readonly algorithms: readonly Algorithm[];
  /** Seconds. */
  readonly maxLifetime: number;
  readonly mayAssert: 'any' | readonly string[];
  readonly subjects: readonly string[];
  /** client_id -> name in `@Callers`. */
  readonly callers: Readonly<Record<string, string>>;
  readonly bound?: Binding;
  readonly singleUse?: true;
  /** Its tokens may have no type of their own and no `jti`. */
  readonly legacy?: true;
  readonly senderConstrained?: true;
  /** It is asked about each token (RFC 7662). */
  readonly introspected?: true;
  /** Checks that are given up for it. */
  readonly relaxed?: readonly Relaxation[];
}

/** A route or message handler, and what it demands. @publicApi */
export interface MappedRoute {
  /** How it is reached: `http`, or `message` for whatever a microservice listens to. */
  readonly transport: 'http' | 'message' | 'websocket';
  /** `GET`, `ALL`; of messages `REQUEST` or `EVENT`. */
  readonly method: string;
  /** With its parameters as they were declared; of messages the pattern. */
  readonly path: string;
  /** `UsersController.one`. */
  readonly handler: string;
  readonly rule: AccessRule;
}

/** Another service that this one calls. @publicApi */
export interface DeclaredCall {
  /** What this service calls it. */
  readonly target: string;
  /** The `aud` of its tokens. */
  readonly audience: string;
  readonly url: string;
  readonly scopes: readonly string[];
  /** Whether each token is signed for its request. */
  readonly bound: boolean;
  /** Where tokens for calls as this service come from; left out where it never calls so. */
  readonly asSelf?: readonly TokenOrigin[];
  /** Where tokens for calls as a user come from; left out where it never calls so. */
  readonly asSubject?: readonly TokenOrigin[];
}
