import type { Metadata, ServerInterceptingCall } from '@grpc/grpc-js';
import type { HeaderFields } from '@countersign/token';

import { credentialFields } from '../context/credential-fields.js';
import type { Lasting } from '../context/lasting.js';
import type { MessageGate } from '../context/message-gate.js';
import type { Message } from '../context/received-message.js';

/** What of a call's metadata the guard, and calls made in its course, look at. */
const fields = [...credentialFields, 'content-digest', 'traceparent', 'tracestate'];

/** What stays of a call below the handlers of a gRPC server. */
type Wire = Pick<ServerInterceptingCall, 'getAuthContext'>;

/** A call of gRPC as a message that is guarded; read when it is asked for. @internal */
export class GrpcMessage implements Message {
  readonly method = 'GRPC';
  readonly #metadata: Metadata;
  readonly #wire: Wire;
  /** The bytes of its one request message; a stream has none that could have been signed. */
  content: Uint8Array | undefined;

  constructor(
    /** `/package.Service/Method`. */
    readonly pattern: string,
    readonly gate: MessageGate,
    metadata: Metadata,
    wire: Wire,
    readonly lasting: Lasting | undefined,
    readonly open: () => void,
  ) {
    this.#metadata = metadata;
    this.#wire = wire;
  }

  get target(): string {
    return this.pattern;
  }

  get fields(): HeaderFields {
    const values = (name: string) => this.#metadata.get(name).map(String);
    return Object.fromEntries(fields.map((name) => [name, values(name)]));
  }

  readonly certificate = (): Uint8Array | undefined =>
    this.#wire.getAuthContext().sslPeerCertificate?.raw;
}
