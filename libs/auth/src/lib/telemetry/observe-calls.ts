import {
  context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Meter,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { TokenAcquisitionError } from '@countersign/token';

import { callChannel, type CallMessage } from '../outbound/call-channel.js';
import { ServiceCallError } from '../outbound/service-call-error.js';
import { spanContextIn, traceContextFor } from './span-context.js';

interface Underway {
  readonly span: Span;
  readonly since: number;
}

/** Each call of a client: measured, and a span whose context goes on with it. @internal */
export function observeCalls(meter: Meter, tracer: Tracer): () => void {
  const duration = meter.createHistogram('countersign.call.duration', {
    description: 'Time of a call to another service, with its token and every attempt.',
    unit: 's',
  });
  const underway = new WeakMap<object, Underway>();

  const onStart = (told: unknown): void => {
    const message = told as CallMessage;
    const { service, method } = message;
    const attributes = { 'countersign.peer': service, 'http.request.method': method };
    const options = { kind: SpanKind.CLIENT, attributes };
    const span = tracer.startSpan(`${method} ${service}`, options, parentOf(message));
    message.trace = traceContextFor(span.spanContext()) ?? message.trace;
    underway.set(message, { span, since: performance.now() });
  };
  const onEnd = (told: unknown): void => {
    const message = told as CallMessage;
    const known = underway.get(message);
    if (known === undefined) return;
    const { span, since } = known;
    const outcome = outcomeOf(message);
    duration.record((performance.now() - since) / 1000, {
      'countersign.peer': message.service,
      'http.request.method': message.method,
      'countersign.outcome': outcome,
    });
    span.setAttributes(attributesOf(message));
    if ('error' in message) span.setStatus({ code: SpanStatusCode.ERROR, message: outcome });
    span.end();
  };
  callChannel.start.subscribe(onStart);
  callChannel.asyncEnd.subscribe(onEnd);
  return () => {
    callChannel.start.unsubscribe(onStart);
    callChannel.asyncEnd.unsubscribe(onEnd);
  };
}

/** The span that is active here; else, where nobody traces requests, what came with this one. */
function parentOf(message: CallMessage): Context {
  const active = context.active();
  if (trace.getSpanContext(active) !== undefined) return active;
  const remote = spanContextIn(message.trace);
  return remote === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remote);
}

function outcomeOf({ error }: CallMessage): string {
  if (error === undefined) return 'answered';
  if (error instanceof ServiceCallError) return error.reason;
  return error instanceof TokenAcquisitionError ? 'no_token' : 'error';
}

/** What the peer wrote goes no further than its code and its decision id, which have a form. */
function attributesOf(message: CallMessage): Attributes {
  const { error, result } = message;
  if (error === undefined)
    return { 'http.response.status_code': (result as { readonly status: number }).status };
  const type = { 'error.type': outcomeOf(message) };
  if (!(error instanceof ServiceCallError)) return type;
  const { status, code, decision } = error;
  return {
    ...type,
    ...(status !== undefined && { 'http.response.status_code': status }),
    ...(code !== undefined && { 'countersign.code': code }),
    ...(decision !== undefined && { 'countersign.decision': decision }),
  };
}
