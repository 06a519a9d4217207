/**
 * The first arrow: a call as the guard sees it, whatever carried it. Transports differ in a class
 * below this one, and in how a refusal is answered.
 */
import type { ExecutionContext } from '@nestjs/common';
import type { BoundRequest, HeaderFields, Principal } from '@countersign/token';

import type { Lasting } from './lasting.js';

/** The service's own words for itself that a target may stand below. @internal */
export interface ServiceUrls {
  readonly publicUrl: string | undefined;
  /** URI of the audience of the route. */
  readonly audience: string | undefined;
}

/** Where a call leads: which rule holds there, and nowhere else. @internal */
export type Route = Pick<ExecutionContext, 'getClass' | 'getHandler'>;

/**
 * One call: what stands in it is read when it is asked for, so that a call costs what its rule asks.
 * As a bound request it says which words `htm`, `htu` and `bdy` are compared with.
 * @internal
 */
export abstract class Call implements BoundRequest {
  abstract readonly method: string;
  abstract readonly target: string;
  abstract readonly headers: HeaderFields;
  abstract readonly content: Uint8Array | undefined;
  /** The target as requested, for policies and the log: without what must not be logged. */
  abstract readonly path: string;
  /** Parameters of the route, as the router decoded them. */
  abstract readonly params: Readonly<Record<string, string>>;
  /** What a message carries, as its handler gets it before pipes; undefined over HTTP. */
  abstract readonly data: unknown;
  /** The header fields in which a token may stand, with all their values. */
  abstract readonly credentials: HeaderFields;
  /** Every DPoP proof that came with it; none where the transport has no way for them. */
  abstract readonly proofs: readonly string[];
  /** The certificate (DER) whose key the client proved to hold, where TLS asked for one. */
  abstract readonly certificate: Uint8Array | undefined;
  /** Where the principal is written, and handlers find it. */
  abstract readonly holder: object;
  /** Whether what its token is bound to was proven before, when the connection was made. */
  get isProven(): boolean {
    return false;
  }
  /** What it goes on as, once it was let in; most calls are over when they are answered. */
  get lasting(): Lasting | undefined {
    return undefined;
  }
  /** What of the service's URLs stands before the target in `htu`. */
  abstract baseUrl(urls: ServiceUrls): string | undefined;
  /** Writes who acts, `undefined` for nobody; the handler may run. */
  abstract admit(principal: Principal | undefined, route: Route): void;
  /** Uses the token up by `use`, once for this call, however many handlers it has. */
  abstract useUp(use: () => Promise<void>): Promise<void>;
}
