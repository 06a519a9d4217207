import { MessageCall } from '../context/message-call.js';
import type { MessageGate } from '../context/message-gate.js';
import { messageUnder } from '../context/received-message.js';
import type { GrpcHandler } from './answer-calls.js';

/** A handler that runs as part of its call. It takes request and metadata, or the call they stand in. @internal */
export function within(gate: MessageGate, handler: GrpcHandler): GrpcHandler {
  return (...args) => {
    const [first, second] = args as [{ readonly metadata?: object } | undefined, object?];
    const handle = () => handler(...args);
    for (const metadata of [first?.metadata, second]) {
      const received = messageUnder(metadata);
      if (metadata !== undefined && received !== undefined)
        return gate.run(new MessageCall(received, metadata, undefined), handle);
    }
    return handle();
  };
}
