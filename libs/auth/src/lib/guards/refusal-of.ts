import type { AccessError } from '@countersign/token';

import type { Call } from '../context/call.js';
import { MessageCall } from '../context/message-call.js';
import { WebSocketCall } from '../context/web-socket-call.js';
import { AccessException } from './access.exception.js';
import { MessageRefusedException } from './message-refused.exception.js';

/** A refusal as the transport of the call answers it. @internal */
export function refusalOf(
  call: Call,
  error: AccessError,
  decision: string,
  audience: string,
): Error {
  return call instanceof MessageCall || call instanceof WebSocketCall
    ? new MessageRefusedException(error, decision)
    : new AccessException(error, decision, audience);
}
