import { tracingChannel } from 'node:diagnostics_channel';

import type { TraceContext } from './trace-context.js';

/** A call to another service, while it is made. @publicApi */
export interface CallMessage {
  /** The client's name. */
  readonly service: string;
  readonly method: string;
  /**
   * What goes on with the call as `traceparent` and `tracestate`: what came with the request that is being
   * handled, unless a subscriber of `start` puts a span of its own in its place.
   */
  trace: TraceContext;
  /** A ServiceAnswer, once there is one. */
  readonly result?: unknown;
  /** What the call rejected with. */
  readonly error?: unknown;
}

/**
 * Where every call of a `ServiceClient` is told, from before its token is sought to the end of its answer,
 * for whoever traces it: a tracing channel of `node:diagnostics_channel` with a {@link CallMessage}. Costs
 * nothing while nobody listens.
 * @publicApi
 */
export const callChannel = tracingChannel<unknown, CallMessage>('countersign:call');

/** Makes a call where those who listen can see it. @internal */
export function toldCall<Result>(
  message: CallMessage,
  make: (trace: TraceContext) => Promise<Result>,
): Promise<Result> {
  if (!callChannel.start.hasSubscribers) return make(message.trace);
  return callChannel.tracePromise(() => make(message.trace), message);
}
