import type { CanActivate } from '@nestjs/common';

import type { Call } from './call.js';

/**
 * Under which a server strategy keeps its gate: what tells it from one that nobody guards.
 * @internal
 */
export const GATE = Symbol('countersign:gate');

/**
 * Who guards the messages of one server: the guard of the one application it is connected to. A
 * server of two applications has none, because nobody could say whose trust counts.
 * @internal
 */
export class MessageGate {
  readonly #guards = new Set<CanActivate>();

  /** Runs what handles a call as part of it, where the application calls other services. */
  run: <Result>(call: Call, handle: () => Result) => Result = (_call, handle) => handle();

  guardBy(guard: CanActivate): void {
    this.#guards.add(guard);
  }

  get guard(): CanActivate | undefined {
    const [guard, ...others] = this.#guards;
    return others.length === 0 ? guard : undefined;
  }
}

/** The gate of a server strategy, if it is one of ours. @internal */
export function gateOf(server: object): MessageGate | undefined {
  return (server as { readonly [GATE]?: MessageGate })[GATE];
}
