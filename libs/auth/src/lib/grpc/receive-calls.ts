import {
  ServerInterceptingCall,
  ServerListenerBuilder,
  status,
  type Metadata,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type ServerListener,
  type ServerMethodDefinition,
} from '@grpc/grpc-js';

import type { Lasting } from '../context/lasting.js';
import type { MessageGate } from '../context/message-gate.js';
import { keepMessage } from '../context/received-message.js';
import { MessageRefusedException } from '../guards/message-refused.exception.js';
import type { GrpcLimits } from './grpc-limits.js';
import { GrpcMessage } from './grpc-message.js';
import { grpcStatusOf } from './grpc-status.js';
import { contentOf } from './request-content.js';

type Method = ServerMethodDefinition<unknown, unknown>;

/**
 * Receives the calls of a server below its handlers: keeps for the guard what they carry, and refuses
 * what breaks a limit before a handler is asked.
 * @internal
 */
export function receiveCalls(gate: MessageGate, limits: GrpcLimits): ServerInterceptor {
  return (method: Method, wire) => {
    const call = new ReceivedCall(method, wire, gate, limits);
    return new ServerInterceptingCall(wire, { start: (proceed) => proceed(call.listen()) });
  };
}

/** One call, from its first field to its end. */
class ReceivedCall implements Lasting {
  #message: GrpcMessage | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #isOpen = false;
  /** Hands on what came before the guard decided; nothing more is read until then. */
  #handOn: (() => void) | undefined;
  readonly #overs: (() => void)[] = [];

  constructor(
    private readonly method: Method,
    private readonly wire: ServerInterceptingCallInterface,
    private readonly gate: MessageGate,
    private readonly limits: GrpcLimits,
  ) {}

  get recheckMs(): number {
    return this.limits.recheckMs;
  }

  onOver(tell: () => void): void {
    this.#overs.push(tell);
  }

  end(refusal: object): void {
    this.wire.sendStatus(
      refusal instanceof MessageRefusedException
        ? grpcStatusOf(refusal)
        : { code: status.UNKNOWN, details: 'Internal server error' },
    );
  }

  listen(): ServerListener {
    if (!this.method.requestStream) {
      const late = () =>
        this.refuse(status.DEADLINE_EXCEEDED, 'the request took too long to arrive');
      this.#deadline = setTimeout(late, this.limits.requestTimeoutMs).unref();
      this.onOver(() => clearTimeout(this.#deadline));
    }
    return new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, proceed) => this.receive(metadata, proceed))
      .withOnReceiveMessage((request: object, proceed) => this.take(request, proceed))
      .withOnReceiveHalfClose((proceed) => {
        clearTimeout(this.#deadline);
        proceed();
      })
      .withOnCancel(() => this.#overs.forEach((tell) => tell()))
      .build();
  }

  private receive(metadata: Metadata, proceed: (metadata: Metadata) => void): void {
    if (sizeOf(metadata) > this.limits.maxMetadataBytes)
      return this.refuse(status.RESOURCE_EXHAUSTED, 'the metadata is too large');
    const { path, requestStream, responseStream } = this.method;
    const lasting = requestStream || responseStream ? this : undefined;
    this.#message = new GrpcMessage(path, this.gate, metadata, this.wire, lasting, () =>
      this.open(),
    );
    keepMessage(metadata, this.#message);
    proceed(metadata);
  }

  /** Of a stream no more than one message is read for somebody whom nobody knows yet. */
  private take(request: object, proceed: (request: object) => void): void {
    if (!this.method.requestStream) {
      if (this.#message !== undefined) this.#message.content = contentOf(request);
    } else if (!this.#isOpen) {
      this.#handOn = () => proceed(request);
      return;
    }
    proceed(request);
  }

  /**
   * When the handler listens: Nest hands on in the next turn what came before that, and would hand on
   * first what comes in between.
   */
  private open(): void {
    const handOn = (): void => {
      this.#isOpen = true;
      this.#handOn?.();
      this.#handOn = undefined;
    };
    setImmediate(() => setImmediate(handOn));
  }

  private refuse(code: status, details: string): void {
    this.wire.sendStatus({ code, details });
  }
}

function sizeOf(metadata: Metadata): number {
  const fields = Object.entries(metadata.toHttp2Headers());
  return fields.reduce((sum, [name, values]) => sum + lengthOf(name, values), 0);
}

function lengthOf(name: string, values: string | readonly string[] | number | undefined): number {
  const each = [values ?? ''].flat().map((one) => name.length + String(one).length);
  return each.reduce((sum, length) => sum + length, 0);
}
