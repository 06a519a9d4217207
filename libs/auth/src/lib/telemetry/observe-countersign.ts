/** Hands what the library tells on its channels to OpenTelemetry. Must not know guards or clients. */
import { metrics, trace, type Meter, type Tracer } from '@opentelemetry/api';

import { observeCalls } from './observe-calls.js';
import { observeDecisions } from './observe-decisions.js';
import { observeSources } from './observe-sources.js';

/** Where measurements go, if not to the global providers. @publicApi */
export interface ObserveOptions {
  readonly meter?: Meter;
  readonly tracer?: Tracer;
}

const SCOPE = '@countersign/auth';
let isObserved = false;

/**
 * Measures and traces every application of this process. Call it once, after the providers of
 * OpenTelemetry are registered; without an SDK, and before this is called, nothing is measured and nothing
 * costs.
 *
 * - `countersign.decisions` (by service, outcome and code) and `countersign.decision.duration`;
 * - `countersign.key_set.reads` (by location and outcome);
 * - `countersign.token.acquisition.duration` (by server, client and outcome);
 * - `countersign.call.duration` (by peer, method and outcome);
 * - on the active span of a request, what the guard decided, with the decision id;
 * - a span of kind client for each call of a `ServiceClient`, whose context goes on with the call.
 *
 * Every value of an attribute comes from the configuration or is one of a fixed set: nothing of a token, a
 * path or a caller.
 *
 * @returns what ends it.
 * @throws TypeError when this process is observed already: everything would be counted twice.
 * @publicApi
 */
export function observeCountersign(options: ObserveOptions = {}): () => void {
  if (isObserved) throw new TypeError('observeCountersign() was called before, and not ended');
  isObserved = true;
  const { meter = metrics.getMeter(SCOPE), tracer = trace.getTracer(SCOPE) } = options;
  const ends = [observeDecisions(meter), observeSources(meter), observeCalls(meter, tracer)];
  return () => {
    for (const end of ends.splice(0)) end();
    isObserved = false;
  };
}
