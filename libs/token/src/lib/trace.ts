import type { AccessErrorCode } from './errors.js';
import type { Json } from './types.js';

/** One step of the trace, in the order it was looked at. @publicApi */
export interface TraceStep {
  /**
   * Of the token: `credentials`, `decryption`, `form`, `issuer`, `carrier`, `type`, `algorithm`,
   * `claims`, `times`, `key`, `signature`, `introspection`, `revocation`, `principal`, or `remembered`
   * where all that was found before; of its sender and the request: `possession`, `binding`; of the
   * rule: `trust` (what was relaxed, if anything), `audience`, `callers`, `subject`, `scopes`,
   * `policy:<name>`, `anyOf`, `allOf`; last `single use`. A step that refuses may be named more
   * closely.
   */
  readonly check: string;
  readonly outcome: 'passed' | 'failed' | 'pending';
  readonly expected?: Json;
  readonly got?: Json;
  readonly code?: AccessErrorCode;
  /** Steps of a combined requirement. */
  readonly steps?: readonly TraceStep[];
}

/**
 * Gathers what the verifier finds in order, for one token: the verifier tells of each check that
 * passes, and the `AccessError` that ends it tells of the one that did not.
 * @publicApi
 */
export class Trace {
  // Most traces are never read: what a step is made of is cheaper to keep than the step.
  readonly #told: [check: string, got: Json | undefined, expected: Json | undefined][] = [];

  /** Tells of a check that passed; values are kept as they are, so they must be frozen or fresh. */
  passed(check: string, got?: Json, expected?: Json): void {
    this.#told.push([check, got, expected]);
  }

  /** Every check that passed, in the order in which it was told of. */
  get steps(): readonly TraceStep[] {
    return this.#told.map(([check, got, expected]) => ({
      check,
      outcome: 'passed',
      ...(expected !== undefined && { expected }),
      ...(got !== undefined && { got }),
    }));
  }
}
