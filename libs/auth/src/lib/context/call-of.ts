import type { ExecutionContext } from '@nestjs/common';

import type { Call } from './call.js';
import { HttpCall } from './http-call.js';
import { MessageCall } from './message-call.js';
import { receivedMessageOf, rpcHolderOf } from './received-message.js';

/**
 * The call of an execution context.
 * @throws TypeError for a transport that nobody guards: an error, never an open door.
 * @internal
 */
export function callOf(context: ExecutionContext): Call {
  const type = context.getType<string>();
  if (type === 'http') return new HttpCall(context.switchToHttp().getRequest());
  const received = type === 'rpc' ? receivedMessageOf(context) : undefined;
  if (received === undefined)
    throw new TypeError(`Countersign guards HTTP and its own message servers, not this ${type}`);
  return new MessageCall(received, rpcHolderOf(context), context.switchToRpc().getData());
}

/** The object of an execution context that the principal is written on. @internal */
export function holderOf(context: ExecutionContext): object {
  return context.getType() === 'rpc'
    ? rpcHolderOf(context)
    : context.switchToHttp().getRequest<object>();
}
