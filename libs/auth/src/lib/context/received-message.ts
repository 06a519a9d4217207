/**
 * What a server strategy of ours keeps of a message, beside what Nest hands to its handlers.
 * Must not know rules, nor the packages that carry messages: they are optional.
 */
import type { ArgumentsHost, CanActivate } from '@nestjs/common';
import type { HeaderFields } from '@countersign/token';

import type { Route } from './call.js';
import type { Lasting } from './lasting.js';
import type { MessageGate } from './message-gate.js';

/** A message as it came over the wire. @internal */
export interface Message {
  /** Stands where HTTP has a method: `REQUEST` waits for an answer, `EVENT` does not; `GRPC` is a call. */
  readonly method: 'REQUEST' | 'EVENT' | 'GRPC';
  /** The pattern as it was sent, from which Nest finds the handlers. */
  readonly pattern: string;
  /** What `htu` holds after the audience. */
  readonly target: string;
  /** What was sent beside the data, by lower-case name. */
  readonly fields: HeaderFields;
  /** The bytes that the data was parsed from; undefined when it came without them. */
  readonly content: Uint8Array | undefined;
  /** Reads the client's certificate of the connection (DER). */
  readonly certificate: () => Uint8Array | undefined;
  /** Who guards the server that received it. */
  readonly gate: MessageGate;
  /** Told when the guard has let it to a handler; until then a stream waits. */
  readonly open?: () => void;
  /** Left out of one that is over when it is answered. */
  readonly lasting?: Lasting | undefined;
}

/** A message on its way to its handlers: several, for an event. @internal */
export class ReceivedMessage {
  /** Handlers that the guard let it to, each with the class whose rule did: several may inherit one. */
  readonly #admitted: (readonly [controller: object, handler: object])[] = [];
  /** Set by the first handler that is for single use. */
  used: Promise<void> | undefined;

  constructor(readonly message: Message) {}

  get guard(): CanActivate | undefined {
    return this.message.gate.guard;
  }

  admit(route: Route): void {
    this.#admitted.push([route.getClass(), route.getHandler()]);
  }

  isAdmitted(route: Route): boolean {
    const [controller, handler] = [route.getClass(), route.getHandler()];
    return this.#admitted.some(([one, other]) => one === controller && other === handler);
  }
}

const received = new WeakMap<object, ReceivedMessage>();

/** Keeps a message under the metadata that Nest hands to its handlers, or puts into their context. @internal */
export function keepMessage(metadata: object, message: Message): void {
  received.set(metadata, new ReceivedMessage(message));
}

/** The message that was kept under this metadata. @internal */
export function messageUnder(metadata: object | undefined): ReceivedMessage | undefined {
  return metadata && received.get(metadata);
}

/** The message of an execution context, if a server strategy of ours received it. @internal */
export function receivedMessageOf(context: ArgumentsHost): ReceivedMessage | undefined {
  const holder = rpcHolderOf(context) as MetadataHolder | undefined;
  return messageUnder(holder?.getMetadata?.() ?? holder);
}

/** A context of Nest's own transports. */
interface MetadataHolder {
  getMetadata?(): object | undefined;
}

/**
 * The object that a message's principal is written on: the context, or the metadata of gRPC; handlers
 * that take a gRPC call itself get nothing else, and metadata stands in it.
 * @internal
 */
export function rpcHolderOf(context: ArgumentsHost): object {
  const rpc = context.switchToRpc();
  const { metadata } = (rpc.getData<unknown>() ?? {}) as { readonly metadata?: object };
  return metadata !== undefined && received.has(metadata) ? metadata : rpc.getContext<object>();
}
