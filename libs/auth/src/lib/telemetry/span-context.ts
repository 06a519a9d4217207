/** W3C Trace Context, to and from OpenTelemetry. */
import { createTraceState, isSpanContextValid, type SpanContext } from '@opentelemetry/api';

import type { TraceContext } from '../outbound/trace-context.js';

/** The span that a `traceparent` names; it was checked when it was read. @internal */
export function spanContextIn({ traceparent, tracestate }: TraceContext): SpanContext | undefined {
  if (traceparent === undefined) return undefined;
  const [, traceId = '', spanId = '', flags = '0'] = traceparent.split('-');
  return {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
    ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
  };
}

/** What a call carries to belong to this span; undefined for one that is none. @internal */
export function traceContextFor(span: SpanContext): TraceContext | undefined {
  if (!isSpanContextValid(span)) return undefined;
  const { traceId, spanId, traceFlags, traceState } = span;
  const flags = (traceFlags & 0xff).toString(16).padStart(2, '0');
  const state = traceState?.serialize();
  return {
    traceparent: `00-${traceId}-${spanId}-${flags}`,
    ...(state && { tracestate: state }),
  };
}
