/** What stands in the metadata of every gateway; of no application, for the same reason as a message guard. */
import {
  Catch,
  type ArgumentsHost,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
} from '@nestjs/common';

import { isAdmittedTo } from '../context/web-socket-call.js';
import { sessionOf } from '../context/web-socket-session.js';
import { MessageRefusedException } from './message-refused.exception.js';

/** Guards messages of gateways where `APP_GUARD` did not. @internal */
export const webSocketGuard: CanActivate = Object.freeze({
  canActivate(context: ExecutionContext) {
    // Routes and messages of the same class have guards of their own.
    if (context.getType() !== 'ws') return true;
    const session = sessionOf(context);
    if (session === undefined)
      throw new TypeError('a connection of an adapter that Countersign does not guard');
    return isAdmittedTo(context) || session.guard.canActivate(context);
  },
});

@Catch(MessageRefusedException)
class WebSocketRefusedFilter implements ExceptionFilter<MessageRefusedException> {
  catch(exception: MessageRefusedException, host: ArgumentsHost): void {
    const message = host.switchToWs();
    const answer = { ...exception.refusal, cause: { pattern: message.getPattern() } };
    sessionOf(host)?.refuse(message.getClient<object>(), exception, answer);
  }
}

/** Answers refused messages as Nest's gateways answer exceptions. @internal */
export const webSocketRefusedFilter: ExceptionFilter = new WebSocketRefusedFilter();
