import type { HeaderFields } from '@countersign/token';

/** The header fields of W3C Trace Context that go on with a call. @internal */
export interface TraceContext {
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** Section 3.2.2, version 00; ids of zeros only are invalid. */
const parent = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
/** Section 3.3.1.1 asks to pass on at least 512 characters; visible ASCII, so nothing is injected. */
const state = /^[\x20-\x7e]{1,512}$/;

/**
 * The trace that a call belongs to, as it came: one valid `traceparent`, and `tracestate` with it. A
 * malformed or repeated one is left out, as section 3.2 asks.
 * @internal
 */
export function traceContextOf({ traceparent = [], tracestate = [] }: HeaderFields): TraceContext {
  const [id, another] = traceparent;
  if (id === undefined || another !== undefined || !parent.test(id)) return {};
  const states = tracestate.join(',');
  return state.test(states) ? { traceparent: id, tracestate: states } : { traceparent: id };
}
