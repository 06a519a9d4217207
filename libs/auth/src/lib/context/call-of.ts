import type { ExecutionContext } from '@nestjs/common';

import type { Call } from './call.js';
import { HandshakeContext } from './handshake-context.js';
import { HttpCall } from './http-call.js';
import { MessageCall } from './message-call.js';
import { receivedMessageOf, rpcHolderOf } from './received-message.js';
import { WebSocketCall } from './web-socket-call.js';
import { sessionOf } from './web-socket-session.js';

/**
 * The call of an execution context.
 * @throws TypeError for a transport that nobody guards: an error, never an open door.
 * @internal
 */
export function callOf(context: ExecutionContext): Call {
  if (context instanceof HandshakeContext) return context.call;
  const type = context.getType<string>();
  if (type === 'http') return new HttpCall(context.switchToHttp().getRequest());
  const session = type === 'ws' ? sessionOf(context) : undefined;
  if (session !== undefined) return new WebSocketCall(session, context);
  const received = type === 'rpc' ? receivedMessageOf(context) : undefined;
  if (received === undefined)
    throw new TypeError(
      `Countersign guards HTTP, its own message servers and adapters, not this ${type}`,
    );
  return new MessageCall(received, rpcHolderOf(context), context.switchToRpc().getData());
}

/** The object of an execution context that the principal is written on. @internal */
export function holderOf(context: ExecutionContext): object {
  const type = context.getType<string>();
  if (type === 'rpc') return rpcHolderOf(context);
  return type === 'ws'
    ? context.switchToWs().getClient<object>()
    : context.switchToHttp().getRequest<object>();
}
