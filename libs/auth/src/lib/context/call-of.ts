import type { ExecutionContext } from '@nestjs/common';

import type { Call } from './call.js';
import { HttpCall } from './http-call.js';

/**
 * The call of an execution context.
 * @throws TypeError for a transport that nobody guards: an error, never an open door.
 * @internal
 */
export function callOf(context: ExecutionContext): Call {
  if (context.getType() !== 'http')
    throw new TypeError(`Countersign guards HTTP only, not ${context.getType<string>()}`);
  return new HttpCall(context.switchToHttp().getRequest());
}
