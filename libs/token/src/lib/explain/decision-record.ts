import type { AccessErrorCode } from '../errors.js';
import type { TraceStep } from '../trace.js';
import type { Json } from '../types.js';
import type { IssuerSkew } from '../verify/skew-watch.js';

/**
 * A decision, told in full: what a service keeps of it and `countersign why` shows. Holds no token,
 * secret or key; what strangers wrote in it is cut and made visible.
 * @publicApi
 */
export interface DecisionRecord {
  /** The decision id that the caller got. */
  readonly decision: string;
  /** RFC 3339, in UTC. */
  readonly at: string;
  /** The service that decided. */
  readonly service: string;
  readonly outcome: 'granted' | 'refused' | 'pending';
  /** Why it was refused. */
  readonly code?: AccessErrorCode;
  /** How it was answered. */
  readonly status?: number;
  /** What the caller was told. */
  readonly message?: string;
  readonly method: string;
  readonly path: string;
  /** `Controller.method` of the route. */
  readonly handler: string;
  /** The service's own name of the audience of the route. */
  readonly audience: string;
  /** Who called, if the token told: our name, or the id at its issuer. */
  readonly caller?: string;
  /** On whose behalf. */
  readonly subject?: string;
  /** The trust entry concerned. */
  readonly issuer?: string;
  readonly check?: string;
  readonly expected?: Json;
  readonly got?: Json;
  /** What would make the request pass. */
  readonly fix?: string;
  /** A command line of `countersign` that does it. */
  readonly command?: string;
  /** How far the clock of the issuer is ahead of the service's, where a signed token proved it. */
  readonly skew?: IssuerSkew;
  /** What failed below, where nobody could decide. */
  readonly cause?: string;
  readonly trace: readonly TraceStep[];
}
