import type { AccessErrorCode } from '../errors.js';
import type { TraceStep } from '../trace.js';
import type { Json } from '../types.js';

/** A single check that passed. @internal */
export interface PassedStep extends TraceStep {
  readonly outcome: 'passed';
}

/** A single check that refuses, and all there is to say about it. @internal */
export interface FailedStep extends TraceStep {
  readonly outcome: 'failed';
  readonly code: AccessErrorCode;
  readonly expected: Json;
  readonly got: Json;
}

/** One step of a trace: what was looked at, and the code if that refuses. @internal */
export function stepOf(
  check: string,
  isPassed: boolean,
  code: AccessErrorCode,
  expected: Json,
  got: Json,
): PassedStep | FailedStep {
  return isPassed
    ? { check, outcome: 'passed', expected, got }
    : { check, outcome: 'failed', expected, got, code };
}
